"""The seven panes: pure builders of lines from a snapshot."""
