"""What starts Lulus on one machine: embedded services, the supervisor, `make up`, `make test`."""
