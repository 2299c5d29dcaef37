"""The example patients: fhir_examples/<case>/case.toml tells of one, this program writes it."""
