"""What a command found, ready to show: one file for each report, made of `blocks`."""
