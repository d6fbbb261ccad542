"""Event + State -> Snapshot: verdicts, histories, alarms; pure."""
