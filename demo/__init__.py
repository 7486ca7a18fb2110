"""The bundled clip and the demo models, and the scripts that write them."""
