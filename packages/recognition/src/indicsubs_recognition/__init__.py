"""The work of recognisers and aligners that does not depend on their engines."""
