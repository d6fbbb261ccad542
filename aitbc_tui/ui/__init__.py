"""Textual and nothing else: app, bridge, widgets, panes, screens."""
