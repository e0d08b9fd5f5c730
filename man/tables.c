/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/err.h"
#include "idse/lot.h"
#include "idse/movement.h"
#include "idse/outcome.h"
#include "man/scdoc.h"

/* Writes a table of the code in scdoc's language, for idsed-states(7): man-tables NAME. */

static void print_entry(const char *name, const char *text)
{
    printf("*%s*\n\t", name);
    print_sentence(text);
    fputs("\n\n", stdout);
}

/* What can happen to a lot in a state, and where that leads. */
static void print_steps(enum lot_state state)
{
    const char *before = "";
    for (int event = 0; event < _LOT_EVENT_MAX; event++) {
        struct lot_step step;
        if (lot_transition(state, (enum lot_event)event, &step) == 0 || step.state == state)
            continue;
        printf("%s%s → *%s*", before, lot_event_name((enum lot_event)event), lot_state_name(step.state));
        before = ", ";
    }
    puts(*before ? "." : "Nothing changes it any more.");
}

static void print_states(void)
{
    for (int state = 0; state < _LOT_STATE_MAX; state++) {
        printf("*%s*\n\t", lot_state_name((enum lot_state)state));
        print_steps((enum lot_state)state);
        putchar('\n');
    }
}

static void print_movements(void)
{
    for (int state = 0; state < _MOVEMENT_STATE_MAX; state++)
        print_entry(movement_state_name((enum movement_state)state),
                    movement_state_label((enum movement_state)state));
}

static void print_holds(void)
{
    for (int hold = LOT_HOLD_NONE + 1; hold < _LOT_HOLD_MAX; hold++)
        print_entry(lot_hold_name((enum lot_hold)hold), lot_hold_sentence((enum lot_hold)hold));
}

static const char *outcome_word(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_OK:
        return "It goes on.";
    case OUTCOME_WAIT:
        return "It is asked for again later.";
    case OUTCOME_RETRY:
        return "It is tried again, after a while.";
    case OUTCOME_HOLD:
        return "It is held with";
    case OUTCOME_REJECT:
        return "The lot has failed.";
    case OUTCOME_UNKNOWN:
        return "Nobody knows whether it was taken.";
    }
    return "";
}

static void print_reasons(void)
{
    for (int i = 0; i < _REASON_MAX; i++) {
        enum outcome_reason reason = (enum outcome_reason)i;
        enum lot_hold hold = LOT_HOLD_NONE;
        enum outcome outcome = outcome_of(reason, &hold);
        printf("*%s*\n\t", outcome_reason_name(reason));
        print_sentence(outcome_reason_text(reason));
        printf(" %s", outcome_word(outcome));
        if (outcome == OUTCOME_HOLD)
            printf(" *%s*.", lot_hold_name(hold));
        fputs("\n\n", stdout);
    }
}

static void print_errors(void)
{
    for (int code = ERR_NONE + 1; code < _ERR_MAX; code++) {
        printf("*%s*\n\t", err_dbus_name((enum err_code)code));
        print_sentence(err_sentence((enum err_code)code));
        printf(" (%d)\n\n", (int)err_exit_status((enum err_code)code));
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } tables[] = {
        {"states", print_states},   {"movements", print_movements}, {"holds", print_holds},
        {"reasons", print_reasons}, {"errors", print_errors},
    };
    for (size_t i = 0; argc == 2 && i < ELEMENTSOF(tables); i++)
        if (streq(tables[i].name, argv[1])) {
            tables[i].print();
            return 0;
        }
    return 2;
}
