"""An EHR to play with: a page, its FHIR endpoint and its calls, over the example patients."""
