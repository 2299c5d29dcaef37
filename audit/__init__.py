"""What the service is built from: known faults, licences, and how old the lock is."""
