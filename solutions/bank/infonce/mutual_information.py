from course_utils.checks.bank import Bank
from course_utils.infonce.checks import PROBES

bank = Bank(hidden=PROBES["mutual_information"])
