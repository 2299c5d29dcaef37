"""What every resource of a chart needs to know: whose it is, where, and on which day."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from patients.laboratory import Body, Sex, day_of
from patients.places import PLACES
from patients.story import Chart, Json

HL7 = "http://terminology.hl7.org/CodeSystem"
UCUM = "http://unitsofmeasure.org"


class Frame:
    """The frame of one chart."""

    def __init__(self, case: str, chart: Chart, anchor: date) -> None:
        """Take the name of the case, what is told, and the day on which it is told."""
        self.case, self.chart, self.anchor = case, chart, anchor
        self.place = PLACES[chart.country]
        self.subject: Json = {"reference": f"Patient/pat-{case}"}
        self.sex: Sex = "m" if chart.patient.sex == "male" else "f"
        born = day_of(chart.patient.born)
        self.body = Body(chart.seed, chart.country, self.sex, born, chart.course)

    def moment(self, text: str, default: str = "09:00") -> str:
        """Give a date, or a date and time, as an instant with the offset of its day."""
        day, _, time = text.partition("T")
        when = datetime.fromisoformat(f"{day}T{time or default}")
        return when.replace(tzinfo=ZoneInfo(self.place.zone)).isoformat()


def coded(system: str, code: str) -> Json:
    """Give the CodeableConcept of a code of HL7's own terminology."""
    return {"coding": [{"system": f"{HL7}/{system}", "code": code}]}
