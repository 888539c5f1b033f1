"""What a person asks a model for: lines by hand, letters on pages, texts, sounds, primes."""
