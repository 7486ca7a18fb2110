"""Prints as JSON where fonts are: ``python -m indicsubs_common.fonts FAMILY...``. For doctor."""

import json
import sys

from indicsubs_common.fonts.font_files import find_font

found = {family: find_font(family) for family in sys.argv[1:]}
sys.stdout.write(json.dumps({family: path and str(path) for family, path in found.items()}) + "\n")
