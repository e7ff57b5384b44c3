"""The use cases: observe what was trained, predict what was not. Sees protocols, never adapters."""
