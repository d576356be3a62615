"""Price, reserved seat, proof of payment, and who confirmed it."""
