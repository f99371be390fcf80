"""The client without input and output: requests and answers as data, driven by an `Io`."""
