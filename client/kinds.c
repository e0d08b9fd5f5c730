/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/kinds.h"

#include "base/i18n.h"

#define COLUMN FIELD_COLUMN
#define RECORD FIELD_RECORD
#define CUT    FIELD_CUT
#define SPARE  FIELD_SPARE
#define RARE   FIELD_RARE

/* clang-format off */
const struct field receipt_kind[] = {
    {"lot", FIELD_NUMBER, COLUMN, N_("Lot")},
    {"id", FIELD_NUMBER, COLUMN, N_("Document")},
    {"kind", FIELD_TEXT, COLUMN, N_("Kind")},
    {"size", FIELD_COUNT, COLUMN, N_("Bytes")},
    {"erased", FIELD_INSTANT, COLUMN | RARE, N_("Erased")},
    {"name", FIELD_TEXT, COLUMN | SPARE | CUT, N_("Name")},
    {"path", FIELD_TEXT, 0, N_("Path")},
    {"sha256", FIELD_TEXT, 0, N_("SHA-256")},
    {NULL},
};

const struct field receipt_members[] = {
    {"id", FIELD_NUMBER}, {"kind", FIELD_TEXT}, {"name", FIELD_TEXT}, {"sha256", FIELD_TEXT},
    {"size", FIELD_COUNT},
    {NULL},
};

const struct field difference_members[] = {{"lot", FIELD_NUMBER}, {"text", FIELD_TEXT}, {NULL}};

const struct field reindex_kind[] = {{"differences", FIELD_TUPLES, 0, NULL, difference_members}, {NULL}};

const struct field part_members[] = {{"registration", FIELD_TEXT}, {"portal_lot", FIELD_TEXT}, {NULL}};

const struct field import_kind[] = {
    {"file", FIELD_TEXT, COLUMN | CUT, N_("File")},
    {"kind", FIELD_TEXT, COLUMN, N_("Kind")},
    {"lot", FIELD_NUMBER, COLUMN, N_("Lot")},
    {"registration", FIELD_TEXT, COLUMN | SPARE, N_("RP")},
    {"portal-lot", FIELD_TEXT, COLUMN | SPARE, N_("Número de lote")},
    {"outcome", FIELD_TEXT, COLUMN, N_("Outcome")},
    {"state", FIELD_LOT_STATE, COLUMN, N_("State")},
    {"replaces", FIELD_NUMBER, COLUMN | SPARE, N_("In place of")},
    {"text", FIELD_TEXT, COLUMN | CUT, N_("What happened")},
    {NULL},
};

const struct field older_members[] = {
    {"lot", FIELD_NUMBER}, {"state", FIELD_TEXT}, {"hold-reason", FIELD_TEXT},
    {NULL},
};

const struct field lot_kind[] = {
    {"Id", FIELD_NUMBER, COLUMN | RECORD, N_("Lot")},
    {"Registration", FIELD_TEXT, COLUMN | RECORD, N_("RP")},
    {"Type", FIELD_MOVEMENT_TYPE, COLUMN | RECORD, N_("Type")},
    {"State", FIELD_LOT_STATE, COLUMN | RECORD, N_("State")},
    {"Held", FIELD_FLAG, 0, N_("Held")},
    {"HoldReason", FIELD_HOLD, RECORD, N_("Held because")},
    {"HoldText", FIELD_TEXT, 0, N_("Sentence")},
    {"HoldBy", FIELD_TEXT, RECORD, N_("Held by")},
    {"HoldSince", FIELD_INSTANT, RECORD, N_("Held since")},
    {"WaitsFor", FIELD_OLDER, RECORD, N_("Waits for"), older_members},
    {"Movements", FIELD_COUNT, COLUMN | RECORD, N_("Movements")},
    {"Reingresos", FIELD_COUNT, 0, N_("Reingresos")},
    {"Modificaciones", FIELD_COUNT, 0, N_("Modificaciones")},
    {"Bajas", FIELD_COUNT, 0, N_("Bajas")},
    {"Approved", FIELD_COUNT, COLUMN | SPARE | RECORD, N_("Approved")},
    {"Rejected", FIELD_COUNT, COLUMN | RECORD, N_("Rejected")},
    {"PortalLot", FIELD_TEXT, COLUMN | SPARE | RECORD, N_("Número de lote")},
    {"Folio", FIELD_TEXT, RECORD, N_("Folio")},
    {"Created", FIELD_INSTANT, COLUMN | SPARE | RECORD, N_("Submitted")},
    {"CreatedBy", FIELD_TEXT, RECORD, N_("Submitted by")},
    {"ApprovedBy", FIELD_TEXT, RECORD, N_("Approved by")},
    {"ApprovedTime", FIELD_INSTANT, RECORD, N_("Approved on")},
    {"NotBefore", FIELD_INSTANT, RECORD, N_("Not to be sent before")},
    {"NotBefore", FIELD_PLANNED, COLUMN | RARE, N_("Not before")},
    {"Deadline", FIELD_DATE, COLUMN | SPARE | RECORD, N_("Last day")},
    {"Source", FIELD_TEXT, RECORD, N_("File")},
    {"Sha256", FIELD_TEXT, RECORD, N_("SHA-256")},
    {"Received", FIELD_INSTANT, RECORD, N_("Received by IMSS")},
    {"Finished", FIELD_INSTANT, RECORD, N_("Finished")},
    {"Erased", FIELD_INSTANT, RECORD, N_("Erased")},
    {"Attempts", FIELD_COUNT, RECORD, N_("Attempts")},
    {"LastAttempt", FIELD_INSTANT, RECORD, N_("Last attempt")},
    {"LastReason", FIELD_TEXT, 0, N_("Last reason")},
    {"LastError", FIELD_TEXT, RECORD, N_("Last error")},
    {"Remarks", FIELD_TEXT, RECORD, N_("The CSV says otherwise")},
    {"NextStep", FIELD_INSTANT, RECORD, N_("Next step")},
    {"Certificate", FIELD_NUMBER, RECORD, N_("Certificate")},
    {"GivenUp", FIELD_INSTANT, COLUMN | SPARE | RECORD, N_("Given up")},
    {"GivenUpBy", FIELD_TEXT, RECORD, N_("Given up by")},
    {"GivenUpText", FIELD_TEXT, RECORD, N_("Given up because")},
    {"Parent", FIELD_NUMBER, RECORD, N_("Corrects lot")},
    {"CorrectedBy", FIELD_NUMBER, RECORD, N_("Corrected by lot")},
    {"Adopted", FIELD_INSTANT, COLUMN | SPARE | RECORD, N_("Adopted")},
    {"Receipts", FIELD_TUPLES, 0, N_("Documents"), receipt_members},
    {NULL},
};

const struct field error_members[] = {
    {"code", FIELD_TEXT}, {"text", FIELD_TEXT}, {"imss-value", FIELD_TEXT},
    {NULL},
};

/* What names a movement, the grid's columns in its order, and the rest. */
const struct field movement_kind[] = {
    {"lot", FIELD_NUMBER, COLUMN, N_("Lot")},
    {"position", FIELD_NUMBER, COLUMN | SPARE, N_("No.")},
    {"type", FIELD_MOVEMENT_TYPE, COLUMN | SPARE, N_("Type")},
    {"registration", FIELD_TEXT, COLUMN | SPARE, N_("Registro patronal")},
    {"names", FIELD_TEXT, COLUMN | CUT, N_("Nombre")},
    {"first-surname", FIELD_TEXT, COLUMN | CUT, N_("Apellido paterno")},
    {"second-surname", FIELD_TEXT, COLUMN | SPARE | CUT, N_("Apellido materno")},
    {"nss", FIELD_TEXT, COLUMN, N_("NSS")},
    {"sbc", FIELD_MONEY, COLUMN | SPARE, N_("SBC")},
    {"date", FIELD_DATE, COLUMN, N_("Date")},
    {"effective", FIELD_DATE, COLUMN | SPARE, N_("Effective")},
    {"curp", FIELD_TEXT, COLUMN | SPARE, N_("CURP")},
    {"umf", FIELD_TEXT, COLUMN | SPARE, N_("UMF")},
    {"worker-type", FIELD_WORKER_TYPE, COLUMN | SPARE, N_("Worker type")},
    {"salary-type", FIELD_SALARY_TYPE, COLUMN | SPARE, N_("Salary type")},
    {"reduced-week", FIELD_REDUCED_WEEK, COLUMN | SPARE, N_("Reduced week")},
    {"state", FIELD_MOVEMENT_STATE, COLUMN, N_("State")},
    {"sent", FIELD_INSTANT, COLUMN | SPARE, N_("Date sent")},
    {"received", FIELD_INSTANT, COLUMN | SPARE, N_("Notice of receipt")},
    {"answered", FIELD_INSTANT, 0, N_("Answered")},
    {"answered", FIELD_APPROVAL, COLUMN | SPARE, N_("Notice of approval")},
    {"answered", FIELD_REJECTION, COLUMN | SPARE, N_("Notice of rejection")},
    {"errors", FIELD_TUPLES, COLUMN | RARE, N_("Cause of rejection"), error_members},
    {"deadline", FIELD_DATE, COLUMN | SPARE, N_("Last day")},
    {"given-up", FIELD_INSTANT, COLUMN | SPARE, N_("Given up")},
    {"deadline-rule", FIELD_TEXT, 0, N_("Rule")},
    {"imss-name", FIELD_TEXT, 0, N_("Name at IMSS")},
    {"name-differs", FIELD_FLAG, 0, N_("Another name at IMSS")},
    {"acuse", FIELD_NUMBER, 0, N_("Acuse")},
    {"constancia", FIELD_NUMBER, 0, N_("Constancia")},
    {NULL},
};

const struct field due_kind[] = {
    {"urgency", FIELD_TEXT, COLUMN, N_("Due")},
    {"deadline", FIELD_DATE, COLUMN, N_("Last day")},
    {"days", FIELD_COUNT, 0, N_("Days")},
    {"lot", FIELD_NUMBER, COLUMN, N_("Lot")},
    {"position", FIELD_NUMBER, COLUMN | SPARE, N_("No.")},
    {"registration", FIELD_TEXT, COLUMN | SPARE, N_("RP")},
    {"nss", FIELD_TEXT, COLUMN, N_("NSS")},
    {"first-surname", FIELD_TEXT, COLUMN | CUT, N_("Apellido paterno")},
    {"second-surname", FIELD_TEXT, 0, N_("Apellido materno")},
    {"names", FIELD_TEXT, COLUMN | SPARE | CUT, N_("Nombre")},
    {"type", FIELD_MOVEMENT_TYPE, COLUMN, N_("Type")},
    {"date", FIELD_DATE, COLUMN | SPARE, N_("Date")},
    {"effective", FIELD_DATE, COLUMN | SPARE, N_("Takes effect")},
    {"state", FIELD_MOVEMENT_STATE, COLUMN, N_("State")},
    {"hold-reason", FIELD_HOLD, COLUMN | SPARE | CUT, N_("Held because")},
    {"waits-for", FIELD_NUMBER, COLUMN | SPARE, N_("Waits for lot")},
    {"not-before", FIELD_INSTANT, COLUMN | SPARE, N_("Not to be sent before")},
    {"deadline-rule", FIELD_TEXT, 0, N_("Rule")},
    {"source", FIELD_TEXT, COLUMN | SPARE | CUT, N_("Law")},
    {"received", FIELD_INSTANT, 0, N_("Received")},
    {NULL},
};

const struct field movement_name_kind[] = {
    {"position", FIELD_NUMBER, COLUMN, N_("No.")},
    {"nss", FIELD_TEXT, COLUMN, N_("NSS")},
    {"name", FIELD_TEXT, COLUMN, N_("Name")},
    {"imss-name", FIELD_TEXT, COLUMN, N_("Name at IMSS")},
    {NULL},
};

const struct field movement_error_kind[] = {
    {"position", FIELD_NUMBER, COLUMN, N_("No.")},
    {"nss", FIELD_TEXT, COLUMN, N_("NSS")},
    {"name", FIELD_TEXT, COLUMN | CUT, N_("Name")},
    {"type", FIELD_MOVEMENT_TYPE, COLUMN | SPARE, N_("Type")},
    {"date", FIELD_DATE, COLUMN | SPARE, N_("Date")},
    {"code", FIELD_TEXT, COLUMN, N_("Code")},
    {"text", FIELD_TEXT, COLUMN | CUT, N_("Cause")},
    {"imss-value", FIELD_TEXT, COLUMN | SPARE, N_("IMSS has")},
    {NULL},
};

const struct field rejection_text_kind[] = {
    {"text", FIELD_TEXT, COLUMN, N_("Text")},
    {"movements", FIELD_COUNT, COLUMN, N_("Movements")},
    {"last", FIELD_INSTANT, COLUMN, N_("Last")},
    {NULL},
};

const struct field rejection_kind[] = {
    {"code", FIELD_TEXT, COLUMN | RECORD, N_("Code")},
    {"known", FIELD_FLAG, 0, N_("Known")},
    {"profile", FIELD_TEXT, COLUMN | SPARE | RECORD, N_("Portal")},
    {"meaning", FIELD_TEXT, COLUMN | CUT | RECORD, N_("Meaning")},
    {"who", FIELD_TEXT, COLUMN | SPARE | RECORD, N_("Who can put it right")},
    {"action", FIELD_TEXT, COLUMN | SPARE | RECORD, N_("What to do")},
    {"advice", FIELD_TEXT, RECORD, N_("Advice")},
    {"seen", FIELD_COUNT, COLUMN, N_("Seen")},
    {"texts", FIELD_TUPLES, 0, N_("Texts"), rejection_text_kind},
    {NULL},
};

const struct field attempt_kind[] = {
    {"id", FIELD_NUMBER, COLUMN, N_("Attempt")},
    {"started", FIELD_INSTANT, COLUMN, N_("Started")},
    {"ended", FIELD_INSTANT, COLUMN | SPARE, N_("Ended")},
    {"certificate", FIELD_NUMBER, COLUMN | SPARE, N_("Certificate")},
    {"sent", FIELD_FLAG, COLUMN | SPARE, N_("Bytes left")},
    {"reason", FIELD_TEXT, COLUMN, N_("Result")},
    {"text", FIELD_TEXT, COLUMN | CUT, N_("What happened")},
    {NULL},
};

const struct field finding_kind[] = {
    {"line", FIELD_NUMBER}, {"column", FIELD_NUMBER}, {"field", FIELD_TEXT}, {"rule", FIELD_TEXT}, {"severity", FIELD_TEXT},
    {"value", FIELD_TEXT}, {"text", FIELD_TEXT}, {"expected", FIELD_TEXT}, {"fix", FIELD_TEXT},
    {NULL},
};

const struct field registration_kind[] = {
    {"Rp", FIELD_TEXT, COLUMN | RECORD, N_("Registro patronal")},
    {"Name", FIELD_TEXT, COLUMN | RECORD | CUT, N_("Razón social")},
    {"Guia", FIELD_TEXT, COLUMN | SPARE | RECORD, N_("Guía")},
    {"Enye", FIELD_TEXT, COLUMN | SPARE | RECORD, N_("Ñ as")},
    {"Certificate", FIELD_NUMBER, COLUMN | RECORD, N_("Certificate")},
    {"Paused", FIELD_FLAG, COLUMN | RARE | RECORD, N_("Paused")},
    {"Approval", FIELD_FLAG, COLUMN | SPARE | RECORD, N_("Needs approval")},
    {"Added", FIELD_INSTANT, COLUMN | SPARE | RECORD, N_("Added")},
    {NULL},
};

const struct field certificate_kind[] = {
    {"Id", FIELD_NUMBER, COLUMN | RECORD, N_("Certificate")},
    {"Kind", FIELD_TEXT, COLUMN | SPARE | RECORD, N_("Kind")},
    {"Rfc", FIELD_TEXT, COLUMN | RECORD, N_("RFC")},
    {"Name", FIELD_TEXT, COLUMN | RECORD | CUT, N_("Name")},
    {"User", FIELD_TEXT, COLUMN | SPARE | RECORD, N_("User")},
    {"Curp", FIELD_TEXT, RECORD, N_("CURP")},
    {"Serial", FIELD_TEXT, RECORD, N_("Serial number")},
    {"Fingerprint", FIELD_TEXT, RECORD, N_("SHA-256")},
    {"NotBefore", FIELD_INSTANT, RECORD, N_("Valid from")},
    {"NotAfter", FIELD_INSTANT, COLUMN | RECORD, N_("Valid until")},
    {"Registrations", FIELD_LIST, COLUMN | RECORD | CUT | SPARE, N_("Registros patronales")},
    {"Held", FIELD_FLAG, COLUMN | RARE | RECORD, N_("Held")},
    {"HoldText", FIELD_TEXT, RECORD, N_("Held because")},
    {"LastLogin", FIELD_INSTANT, RECORD, N_("Last login")},
    {"Revocation", FIELD_TEXT, 0, N_("Revocation")},
    {"RevocationText", FIELD_TEXT, RECORD, N_("Revocation")},
    {"Replaces", FIELD_NUMBER, RECORD, N_("Replaces certificate")},
    {"Added", FIELD_INSTANT, RECORD, N_("Added")},
    {NULL},
};

const struct field history_kind[] = {
    {"seq", FIELD_NUMBER, COLUMN, N_("No.")},
    {"at", FIELD_INSTANT, COLUMN, N_("When")},
    {"who", FIELD_TEXT, COLUMN, N_("Who")},
    {"action", FIELD_ACT, COLUMN, N_("Act")},
    {"object", FIELD_OBJECT, COLUMN | CUT, N_("On what")},
    {"outcome", FIELD_OUTCOME, COLUMN | CUT, N_("Outcome")},
    {"detail", FIELD_DETAIL, COLUMN | SPARE | CUT, N_("Detail")},
    {"hash", FIELD_TEXT, 0, N_("Hash")},
    {NULL},
};

const struct field user_kind[] = {
    {"Id", FIELD_NUMBER, RECORD, N_("Number")},
    {"Email", FIELD_TEXT, COLUMN | RECORD, N_("User")},
    {"Names", FIELD_TEXT, COLUMN | SPARE | RECORD | CUT, N_("Nombre(s)")},
    {"FirstSurname", FIELD_TEXT, COLUMN | SPARE | RECORD | CUT, N_("Primer apellido")},
    {"SecondSurname", FIELD_TEXT, COLUMN | SPARE | RECORD | CUT, N_("Segundo apellido")},
    {"Role", FIELD_TEXT, COLUMN | RECORD, N_("Role")},
    {"Enabled", FIELD_FLAG, COLUMN | RECORD, N_("Enabled")},
    {"LastLogin", FIELD_INSTANT, COLUMN | SPARE | RECORD, N_("Last login")},
    {"Added", FIELD_INSTANT, RECORD, N_("Added")},
    {"Accepted", FIELD_INSTANT, RECORD, N_("Accepted")},
    {"PrivacyVersion", FIELD_TEXT, RECORD, N_("Privacy notice")},
    {"AgreementVersion", FIELD_TEXT, RECORD, N_("Service agreement")},
    {NULL},
};

const struct field step_kind[] = {
    {"step", FIELD_TEXT, COLUMN, N_("Step")},
    {"certainty", FIELD_TEXT, COLUMN, N_("Certainty")},
    {NULL},
};

const struct field profile_kind[] = {
    {"name", FIELD_TEXT, COLUMN | RECORD, N_("Profile")},
    {"title", FIELD_TEXT, COLUMN | RECORD | CUT, N_("Title")},
    {"base", FIELD_TEXT, COLUMN | SPARE | RECORD | CUT, N_("Address")},
    {"current", FIELD_FLAG, COLUMN | RECORD, N_("In use")},
    {"can-send", FIELD_FLAG, COLUMN | RECORD, N_("Can send")},
    {"steps", FIELD_TUPLES, 0, N_("Steps"), step_kind},
    {NULL},
};

const struct field check_kind[] = {
    {"name", FIELD_TEXT, COLUMN, N_("Check")},
    {"ok", FIELD_FLAG, COLUMN, N_("Fine")},
    {"text", FIELD_TEXT, COLUMN, N_("What was seen")},
    {NULL},
};

const struct field rule_kind[] = {
    {"rule", FIELD_TEXT, COLUMN, N_("Rule")},
    {"severity", FIELD_SEVERITY, COLUMN, N_("Severity")},
    {"repaired", FIELD_FLAG, COLUMN | SPARE, N_("Repaired")},
    {"source", FIELD_TEXT, COLUMN | SPARE, N_("Source")},
    {"text", FIELD_TEXT, COLUMN | CUT, N_("What is wrong")},
    {NULL},
};

const struct field roster_difference_kind[] = {
    {"difference", FIELD_TEXT, 0, N_("Difference")},
    {"text", FIELD_TEXT, COLUMN | CUT, N_("Difference")},
    {"registration", FIELD_TEXT, COLUMN, N_("RP")},
    {"nss", FIELD_TEXT, COLUMN, N_("NSS")},
    {"name", FIELD_TEXT, COLUMN | CUT, N_("Name")},
    {"roster-sbc", FIELD_MONEY, COLUMN, N_("SBC here")},
    {"imss-sbc", FIELD_MONEY, COLUMN, N_("SBC at IMSS")},
    {"since", FIELD_DATE, COLUMN | SPARE, N_("Since")},
    {"line", FIELD_NUMBER, COLUMN | SPARE, N_("Line")},
    {NULL},
};

const struct field worker_kind[] = {
    {"registration", FIELD_TEXT, COLUMN, N_("RP")},
    {"nss", FIELD_TEXT, COLUMN, N_("NSS")},
    {"first-surname", FIELD_TEXT, COLUMN | CUT, N_("Apellido paterno")},
    {"second-surname", FIELD_TEXT, COLUMN | SPARE | CUT, N_("Apellido materno")},
    {"names", FIELD_TEXT, COLUMN | CUT, N_("Nombre")},
    {"status", FIELD_WORKER_STATUS, COLUMN, N_("Status")},
    {"since", FIELD_DATE, COLUMN, N_("Since")},
    {"last", FIELD_DATE, COLUMN | SPARE, N_("Last movement")},
    {"sbc", FIELD_MONEY, COLUMN, N_("SBC")},
    {"pending", FIELD_COUNT, COLUMN | SPARE, N_("On their way")},
    {NULL},
};

const struct field overview_kind[] = {
    {"registration", FIELD_TEXT, COLUMN, N_("RP")},
    {"name", FIELD_TEXT, COLUMN | SPARE | CUT, N_("Razón social")},
    {"risk", FIELD_TEXT, 0, N_("Risk")},
    {"risk-text", FIELD_TEXT, COLUMN | CUT, N_("Most pressing")},
    {"late", FIELD_COUNT, COLUMN, N_("Late")},
    {"due", FIELD_COUNT, COLUMN, N_("Due today")},
    {"uncertain", FIELD_COUNT, COLUMN | SPARE, N_("Uncertain")},
    {"quarantined", FIELD_COUNT, COLUMN | SPARE, N_("Quarantined")},
    {"rejected", FIELD_COUNT, COLUMN, N_("Rejected")},
    {"failed", FIELD_COUNT, COLUMN | SPARE, N_("Refused files")},
    {"held", FIELD_COUNT, COLUMN | SPARE, N_("Held")},
    {"hold-reason", FIELD_HOLD, COLUMN | SPARE | CUT, N_("Held because")},
    {"queued", FIELD_COUNT, COLUMN | SPARE, N_("Queued")},
    {"received", FIELD_COUNT, COLUMN | SPARE, N_("Received")},
    {"certificate", FIELD_NUMBER, 0, N_("Certificate")},
    {"certificate-days", FIELD_DAYS, COLUMN, N_("Certificate days")},
    {"last-success", FIELD_INSTANT, COLUMN | SPARE, N_("Last success")},
    {NULL},
};

const struct field manager_kind[] = {
    {"PortalSince", FIELD_INSTANT, 0, N_("Since")},
    {"NextVisit", FIELD_INSTANT, 0, N_("Next visit")},
    {"Restored", FIELD_INSTANT, 0, N_("Restored copy since")},
    {NULL},
};
/* clang-format on */
