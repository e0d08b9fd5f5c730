/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/lazy.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

void *lazy_find(struct lazy *library, void **found, const char *function)
{
    if (*found)
        return *found;
    if (!library->handle)
        library->handle = dlopen(library->name, RTLD_LAZY | RTLD_LOCAL);
    *found = library->handle ? dlsym(library->handle, function) : NULL;
    if (!*found) { /* an installation that is not whole: there is nothing to go on with */
        fprintf(stderr, "%s\n", dlerror());
        abort();
    }
    return *found;
}
