/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crash.h"

#include <signal.h>

#include "base/text.h"

static const char *const crash_names[] = {
#define X(id, name) [CRASH_##id] = name,
    CRASH_POINT_TABLE(X)
#undef X
};

const char *crash_point_name(int i)
{
    return i >= 0 && i < _CRASH_MAX ? crash_names[i] : NULL;
}

#if IDSED_CRASH_POINTS
void crash_point(enum crash_point point)
{
    static unsigned passed[_CRASH_MAX];
    const char *wanted = getenv("IDSED_CRASH_AT");
    const char *name = crash_names[point];
    passed[point]++;
    if (!wanted || !str_starts(wanted, name))
        return;
    const char *rest = wanted + strlen(name);
    uint64_t times = 1;
    if (*rest != '\0' && (*rest != ':' || !str_to_uint(rest + 1, UINT32_MAX, &times)))
        return;
    if (passed[point] == times)
        raise(SIGKILL);
}
#endif
