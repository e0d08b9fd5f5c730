/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "daemon/engine/crash.h"

/* Prints the name of every crash point, so that the test cannot forget one. */
int main(void)
{
    for (int i = 0; crash_point_name(i); i++)
        puts(crash_point_name(i));
    return 0;
}
