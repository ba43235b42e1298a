"""Documents → results, without any window."""
