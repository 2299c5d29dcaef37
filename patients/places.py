"""Where the example patients are cared for: one invented practice in Sweden, one in Denmark."""

from collections.abc import Iterator, Mapping

import msgspec

from patients.story import Json, Patient

_TEST_PERSON = "http://example.org/fhir/sid/test-person"
_TEST_DATA: Json = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "code": "HTEST",
    "display": "test health data",
}
_PROTECTED: Json = {
    "system": "http://electronichealth.se/fhir/CodeSystem/SecurityLabelCS",
    "code": "sekretessmarkering",
    "display": "Sekretessmarkering",
}


class Place(msgspec.Struct, frozen=True):
    """A practice with its doctor, its laboratory, and the words of its country."""

    country: str
    zone: str
    numbers: str
    """The system of the personal identity numbers."""
    profile: str
    """What a profile of the country begins with; the name of the resource follows."""
    profiles: tuple[str, ...]
    """The resources that the country has such a profile of."""
    staff_system: str
    doctor: tuple[str, str]
    role_text: str
    practice: str
    practice_kind: str
    phones: tuple[str, str]
    """Of the doctor, of the practice."""
    street: str
    town: tuple[str, str]
    laboratory: str
    laboratory_report: str
    radiology: str
    pathology: str
    imaging: str
    practitioner: str = "practitioner-gp"
    role: str = "role-gp"
    organization: str = "org-testcentralen"

    def patient(self, case: str, told: Patient) -> Json:
        """Give the Patient; one whose identity is protected has neither phone nor address."""
        national = told.identifier.isdigit()
        security = [_TEST_DATA, _PROTECTED] if told.protected else [_TEST_DATA]
        given, _, family = told.name.partition(" ")
        return {
            "resourceType": "Patient",
            "id": f"pat-{case}",
            "meta": {**self._profile("Patient"), "security": security},
            "identifier": [
                {
                    "use": "official" if national else "temp",
                    "system": self.numbers if national else _TEST_PERSON,
                    "value": told.identifier,
                }
            ],
            "active": True,
            "name": [{"use": "official", "text": told.name, "family": family, "given": [given]}],
            "telecom": [{"system": "phone", "value": told.phone, "use": "mobile"}]
            if told.phone
            else None,
            "gender": told.sex,
            "birthDate": told.born,
            "deceasedDateTime": told.died,
            "address": None if told.protected else [self._address("home", f"{self.street} 1")],
        }

    def staff(self) -> Iterator[Json]:
        """Give the doctor, the doctor's role and the practice."""
        given, family = self.doctor
        name = f"{given} {family}"
        yield {
            **self._head("Practitioner", self.practitioner, "TEST2"),
            "name": [{"use": "official", "text": name, "family": family, "given": [given]}],
        }
        yield {
            **self._head("PractitionerRole", self.role, "TEST3"),
            "practitioner": {"reference": f"Practitioner/{self.practitioner}", "display": name},
            "organization": {
                "reference": f"Organization/{self.organization}",
                "display": self.practice,
            },
            "code": [
                {
                    "coding": [
                        {
                            "system": "http://snomed.info/sct",
                            "code": "59058001",
                            "display": "General physician",
                        }
                    ],
                    "text": self.role_text,
                }
            ],
            "telecom": [{"system": "phone", "value": self.phones[0], "use": "work"}],
        }
        yield {
            **self._head("Organization", self.organization, "TEST1"),
            "type": [{"text": self.practice_kind}],
            "name": self.practice,
            "telecom": [{"system": "phone", "value": self.phones[1], "use": "work"}],
            "address": [self._address("work", f"{self.street} 2")],
        }

    def _head(self, kind: str, name: str, number: str) -> Json:
        prefix = "SE2321000016-" if self.country == "SE" else ""
        return {
            "resourceType": kind,
            "id": name,
            **({"meta": profile} if (profile := self._profile(kind)) else {}),
            "identifier": [{"system": self.staff_system, "value": prefix + number}],
            "active": True,
        }

    def _profile(self, kind: str) -> Json:
        if kind not in self.profiles:
            return {}
        name = kind if self.country == "SE" else kind.lower()
        return {"profile": [self.profile + name]}

    def _address(self, use: str, line: str) -> Json:
        code, city = self.town
        return {
            "use": use,
            "line": [line],
            "city": city,
            "postalCode": code,
            "country": self.country,
        }


PLACES: Mapping[str, Place] = {
    "SE": Place(
        country="SE",
        zone="Europe/Stockholm",
        numbers="http://electronichealth.se/identifier/personnummer",
        profile="http://hl7.se/fhir/ig/base/StructureDefinition/SEBase",
        profiles=("Patient", "Practitioner", "PractitionerRole", "Organization"),
        staff_system="urn:oid:1.2.752.29.4.19",
        doctor=("Testa", "Läkarsson"),
        role_text="Specialistläkare i allmänmedicin",
        practice="Testvårdcentralen",
        practice_kind="Vårdcentral",
        phones=("+46-70-1740650", "+46-70-1740690"),
        street="Exempelgatan",
        town=("999 99", "Teststad"),
        laboratory="Testlaboratoriet",
        laboratory_report="Laboratoriesvar",
        radiology="Teströntgen",
        pathology="Testpatologin",
        imaging="Bild- och funktionsmedicin",
    ),
    "DK": Place(
        country="DK",
        zone="Europe/Copenhagen",
        numbers="urn:oid:1.2.208.176.1.2",
        profile="http://hl7.dk/fhir/core/StructureDefinition/dk-core-",
        profiles=("Patient", "Practitioner", "Organization"),
        staff_system="urn:oid:1.2.208.176.1.1",
        doctor=("Testine", "Lægesen"),
        role_text="Speciallæge i almen medicin",
        practice="Testlægehuset",
        practice_kind="Almen praksis",
        phones=("+45 00 00 00 50", "+45 00 00 00 90"),
        street="Eksempelvej",
        town=("0000", "Testby"),
        laboratory="Testlaboratoriet",
        laboratory_report="Laboratoriesvar",
        radiology="Teströntgen",
        pathology="Testpatologien",
        imaging="Billeddiagnostik",
        organization="org-testlaegehuset",
    ),
}
"""The practice of each country; phones of the numbers kept for fiction, or of none that exist."""
