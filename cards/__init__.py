"""What to say: a patient's record in, CDS Hooks cards out; pure, without I/O, clock or log."""
