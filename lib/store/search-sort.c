/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"
#include "store/search-private.h"

/* By what a page can be sorted. */

static const char *const sort_names[] = {
#define X(id, name) [SEARCH_SORT_##id] = name,
    SEARCH_SORT_TABLE(X)
#undef X
};

const char *search_sort_name(enum search_sort sort)
{
    return sort_names[sort];
}

int search_sort_from_name(const char *name)
{
    for (int i = 0; i < _SEARCH_SORT_MAX; i++)
        if (streq(sort_names[i], name))
            return i;
    return -1;
}

static const struct search_order orders[] = {
    [SEARCH_SORT_LOT] = {"lot.id", NULL, NULL, "e.movement >> 20"},
    [SEARCH_SORT_DATE] = {"movement.date", "by_date", "date", "e.date"},
    [SEARCH_SORT_NSS] = {"movement.nss", "by_nss", "nss", "e.nss"},
    [SEARCH_SORT_FIRST_SURNAME] = {"search_key(paterno, materno, nombres)", "by_name", "name", "e.name",
                                   true},
    [SEARCH_SORT_NAMES] = {"search_key(nombres, paterno, materno)", "by_names", "names",
                           "search_turn(e.name)", true},
    [SEARCH_SORT_SECOND_SURNAME] = {"search_key(materno, paterno, nombres)", .text = true},
    [SEARCH_SORT_REGISTRATION] = {"lot.rp", .text = true},
    [SEARCH_SORT_TYPE] = {"movement.type"},
    [SEARCH_SORT_SBC] = {"movement.sbc_centavos"},
    [SEARCH_SORT_CURP] = {"search_key(movement.curp)", .text = true},
    [SEARCH_SORT_UMF] = {"movement.umf", .text = true},
    [SEARCH_SORT_GUIA] = {"movement.guia", .text = true},
    [SEARCH_SORT_CLAVE] = {"movement.clave", .text = true},
    [SEARCH_SORT_WORKER_TYPE] = {"movement.tipo_trabajador"},
    [SEARCH_SORT_SALARY_TYPE] = {"movement.tipo_salario"},
    [SEARCH_SORT_REDUCED_WEEK] = {"movement.jornada"},
    [SEARCH_SORT_CAUSE] = {"movement.causa_baja"},
    [SEARCH_SORT_STATE] = {MOVEMENT_STATE_NOW},
    [SEARCH_SORT_SENT] = {"iif(" MOVEMENT_STATE_NOW " IN (0, 7), 0, lot.attempt_us)"},
    [SEARCH_SORT_RECEIVED] = {"iif(" MOVEMENT_STATE_NOW " IN (0, 7), 0, lot.received_us)"},
    [SEARCH_SORT_APPROVED] = {"iif(" MOVEMENT_STATE_NOW " = 3, lot.answered_us, 0)"},
    [SEARCH_SORT_REJECTED] = {"iif(" MOVEMENT_STATE_NOW " IN (4, 6), lot.answered_us, 0)"},
    [SEARCH_SORT_ERRORS] =
        {"iif(" MOVEMENT_STATE_NOW " IN (4, 6), coalesce((SELECT code || ' ' || coalesce(text, '')"
         " FROM main.movement_error WHERE movement_error.movement = movement.id ORDER BY position"
         " LIMIT 1), ''), '')",
         .text = true},
    [SEARCH_SORT_EXTEMPORANEOUS] = {MOVEMENT_OWN("extemporaneo", "0")},
    [SEARCH_SORT_IMSS_NAME] = {"coalesce(" MOVEMENT_OWN("imss_name", "''") ", '')", .text = true},
    [SEARCH_SORT_POSITION] = {"movement.id & 1048575"},
    [SEARCH_SORT_ANSWERED] = {"lot.answered_us"},
    [SEARCH_SORT_GIVEN_UP] = {"iif(" MOVEMENT_STATE_NOW " = 4, lot.given_up_us, 0)"},
    [SEARCH_SORT_DEADLINE] = {"search_deadline(movement.type, movement.date, movement.tipo_salario)"},
};
_Static_assert(ELEMENTSOF(orders) == _SEARCH_SORT_MAX, "a sort has no expression");

const struct search_order *search_order(enum search_sort sort)
{
    return &orders[sort];
}

/* search_deadline(type, date, tipo_salario): the last legal day, 0 where the calendar does not tell. */
static void deadline_function(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct movement movement = {.type = (enum movement_type)sqlite3_value_int(values[0]),
                                .date = sqlite3_value_int(values[1]),
                                .tipo_salario = (char)sqlite3_value_int(values[2])};
    struct deadline deadline;
    bool known = deadline_recall(sqlite3_user_data(context), &movement, &deadline);
    sqlite3_result_int(context, known ? deadline.last : 0);
}

int search_sort_register(sqlite3 *db, struct deadline_memo *memo)
{
    return sqlite3_create_function(db, "search_deadline", 3, SQLITE_UTF8, memo, deadline_function, NULL,
                                   NULL);
}
