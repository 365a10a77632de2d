"""The main job through all four addons, in a browser."""
