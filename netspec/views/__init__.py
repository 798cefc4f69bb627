"""What people look at: the structure as it prints, the summary. Layer 5; no torch."""
