/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/metrics.h"

#include <stdio.h>

#include "base/clock.h"
#include "client/listing.h"
#include "idse/lot.h"

static void begin(const char *name, const char *type, const char *help)
{
    printf("# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

static void print_number(const char *name, const char *help, uint64_t value)
{
    begin(name, "gauge", help);
    printf("%s %llu\n", name, (unsigned long long)value);
}

static void print_version(const json_t *manager)
{
    begin("idse_build", "info", "The daemon.");
    printf("idse_build_info{version=\"%s\"} 1\n", row_text(manager, "Version"));
}

/* A state without lots is 0, so that a rule about it has something to look at. */
static void print_lots(const json_t *manager)
{
    const json_t *counts = json_object_get(manager, "LotCounts");
    begin("idse_lots", "gauge", "Lots by state.");
    for (int state = 0; state < _LOT_STATE_MAX; state++) {
        const char *name = lot_state_name((enum lot_state)state);
        printf("idse_lots{state=\"%s\"} %llu\n", name, (unsigned long long)row_number(counts, name));
    }
    print_number("idse_lots_held", "Lots that wait for a person.", row_number(manager, "HeldCount"));
    print_number("idse_lots_waiting", "Queued lots that wait for older ones with a worker of theirs.",
                 row_number(manager, "WaitingCount"));
    print_number("idse_restored_copy", "Whether everything is held because the database is a restored copy.",
                 row_number(manager, "Restored") != 0);
    print_number("idse_movements", "Movements that are stored.", row_number(manager, "MovementCount"));
}

static void print_portal(const json_t *manager)
{
    static const char *const states[] = {"unknown", "ok", "down", "changed"};
    print_number("idse_portal_failures", "Faults of the portal in a row.",
                 row_number(manager, "PortalFailures"));
    begin("idse_portal", "stateset", "What was last seen of the portal.");
    for (size_t i = 0; i < ELEMENTSOF(states); i++)
        printf("idse_portal{idse_portal=\"%s\"} %d\n", states[i],
               streq(states[i], row_text(manager, "PortalState")));
}

static void print_registrations(const json_t *registrations)
{
    uint64_t paused = 0;
    for (size_t i = 0; i < json_array_size(registrations); i++)
        paused += row_flag(json_array_get(registrations, i), "Paused");
    print_number("idse_registrations", "Registros patronales.", json_array_size(registrations));
    print_number("idse_registrations_paused", "Registros patronales for which nothing is sent.", paused);
}

static void print_certificates(const json_t *certificates)
{
    begin("idse_certificate_held", "gauge", "Whether a certificate waits for a person.");
    for (size_t i = 0; i < json_array_size(certificates); i++) {
        const json_t *row = json_array_get(certificates, i);
        printf("idse_certificate_held{certificate=\"%llu\"} %d\n", (unsigned long long)row_number(row, "Id"),
               row_flag(row, "Held"));
    }
    begin("idse_certificate_end_timestamp_seconds", "gauge", "When a certificate ends.");
    puts("# UNIT idse_certificate_end_timestamp_seconds seconds");
    for (size_t i = 0; i < json_array_size(certificates); i++) {
        const json_t *row = json_array_get(certificates, i);
        printf("idse_certificate_end_timestamp_seconds{certificate=\"%llu\"} %llu\n",
               (unsigned long long)row_number(row, "Id"),
               (unsigned long long)(row_number(row, "NotAfter") / (uint64_t)US_PER_S));
    }
}

void metrics_print(const json_t *manager, const json_t *registrations, const json_t *certificates)
{
    print_version(manager);
    print_lots(manager);
    print_portal(manager);
    print_registrations(registrations);
    if (certificates)
        print_certificates(certificates);
    puts("# EOF");
}
