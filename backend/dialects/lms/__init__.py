"""The tax-training school: `/api/v1`. README.md tells where the contract comes from and where we deviate."""
