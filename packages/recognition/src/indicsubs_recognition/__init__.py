"""What every recogniser and every aligner does alike, whatever its engine."""
