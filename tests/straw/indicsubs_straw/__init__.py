"""Engines that exist in tests alone: a recogniser and a translator, each an adapter of its own."""
