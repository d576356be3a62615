"""What a test measured; `make faults` lists it in the end, with the test's name."""

_MARK = "measured: "


def figure(text: object) -> None:
    """Tell a figure of this test."""
    print(f"\n{_MARK}{text}")


def figures_in(output: str) -> list[str]:
    """The figures that a test told, from all that it wrote."""
    return [line.removeprefix(_MARK) for line in output.splitlines() if line.startswith(_MARK)]
