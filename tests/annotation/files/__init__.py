"""What comes in and goes out, on purpose wrong or broken off."""
