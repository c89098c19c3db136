"""One file per noun: parse, call, hand to output."""
