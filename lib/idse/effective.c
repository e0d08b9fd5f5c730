/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/effective.h"

#include "idse/date.h"
#include "idse/deadline.h"

int32_t effective_date(const struct calendar *calendar, const struct movement *movement,
                       enum movement_state state, int32_t received, char extemporaneo)
{
    bool ends_with_the_day = movement->causa_baja == '4' || movement->causa_baja == 'A';
    struct deadline deadline;
    if ((state != MOVEMENT_STATE_RECEIVED && state != MOVEMENT_STATE_APPROVED) || received == 0)
        return 0;
    if (movement->type != MOVEMENT_BAJA || ends_with_the_day || extemporaneo == '0')
        return movement->date;
    if (extemporaneo == '1')
        return date_add(received, 1);
    if (!calendar || deadline_of(calendar, movement, &deadline, NULL) < 0)
        return 0;
    return deadline_effective(&deadline, movement, received);
}
