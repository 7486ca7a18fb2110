"""What every translator does alike, whatever its engine."""
