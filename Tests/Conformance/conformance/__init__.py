"""Modules of the OpenID conformance suite, reproduced from what each of them asks for, against a gateway of our own."""

SUITE = "12f2a4da"
