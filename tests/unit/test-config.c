/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <syslog.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support.h"

#include "base/clock.h"
#include "base/file.h"
#include "daemon/config.h"

/* A folder with idsed.conf and idsed.conf.d. */
struct place {
    char folder[32];
    char *path, *drop_ins;
};

static int set_up(void **state)
{
    struct place *place = xcalloc(1, sizeof(*place));
    strcpy(place->folder, "/tmp/idsed-config.XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    place->path = xasprintf("%s/idsed.conf", place->folder);
    place->drop_ins = xasprintf("%s.d", place->path);
    assert_int_equal(mkdir(place->drop_ins, 0700), 0);
    *state = place;
    return 0;
}

static const char *const drop_in_names[] = {"10-first.conf", "20-second.conf", "ignored.txt"};

static int tear_down(void **state)
{
    struct place *place = *state;
    for (size_t i = 0; i < ELEMENTSOF(drop_in_names); i++) {
        _cleanup_free_ char *path = xasprintf("%s/%s", place->drop_ins, drop_in_names[i]);
        unlink(path);
    }
    unlink(place->path);
    rmdir(place->drop_ins);
    rmdir(place->folder);
    free(place->path);
    free(place->drop_ins);
    free(place);
    return 0;
}

static void write_config(const struct place *place, const char *text)
{
    assert_int_equal(file_replace(place->path, 0600, text, strlen(text), NULL), 0);
}

static void write_drop_in(const struct place *place, const char *name, const char *text)
{
    _cleanup_free_ char *path = xasprintf("%s/%s", place->drop_ins, name);
    assert_int_equal(file_replace(path, 0600, text, strlen(text), NULL), 0);
}

static void a_missing_file_gives_the_defaults(void **state)
{
    const struct place *place = *state;
    _cleanup_config_ struct config config = {0};
    _cleanup_buf_ struct buf warnings = BUF_INIT;
    assert_int_equal(config_load(place->path, false, &config, &warnings, NULL), 0);
    assert_string_equal(config.profile, "idse-sim");
    assert_null(config.base);
    assert_int_equal(config.poll_min_us, 120 * US_PER_S);
    assert_int_equal(config.max_file_size, 64 << 20);
    assert_int_equal(config.log_level, LOG_INFO);
    assert_int_equal(warnings.len, 0);
}

static void words_and_the_mail_relay_are_checked(void **state)
{
    static const struct {
        const char *text, *word; /* NULL: it is fine */
    } table[] = {
        {"[Users]\nSelfRegistration=open\n", NULL},
        {"[Users]\nSelfRegistration=ope\n", "approve|open|off"},
        {"[Users]\nSelfRegistration=open|off\n", "approve|open|off"},
        {"[Users]\nAttemptDelaySec=60\n", "AttemptDelayMaxSec"},
        {"[Mail]\nRelay=smtps://mail.ejemplo.mx:465\nFrom=Idsed@Ejemplo.MX\n", NULL},
        {"[Mail]\nRelay=smtps://mail.ejemplo.mx:465\n", "From"},
        {"[Mail]\nRelay=https://mail.ejemplo.mx\n", "smtp://"},
        {"[Mail]\nFrom=idsed\n", "e-mail"},
        {"[Mail]\nRelay=smtp://localhost:25\nFrom=a@b.mx\nStartTLS=never\n", NULL},
        {"[Mail]\nRelay=smtp://localhost.evil.mx:25\nFrom=a@b.mx\nStartTLS=never\n", "this machine"},
    };
    const struct place *place = *state;
    for (size_t i = 0; i < ELEMENTSOF(table); i++) {
        _cleanup_config_ struct config config = {0};
        _cleanup_err_ struct err err = ERR_INIT;
        write_config(place, table[i].text);
        int r = config_load(place->path, true, &config, NULL, &err);
        if ((r < 0) != !!table[i].word || (r < 0 && !strstr(err_text(&err), table[i].word)))
            fail_msg("%s: %s", table[i].text, err_text(&err));
    }
}

static void a_missing_file_that_was_named_is_an_error(void **state)
{
    const struct place *place = *state;
    _cleanup_err_ struct err err = ERR_INIT;
    struct config config = {0};
    assert_true(config_load(place->path, true, &config, NULL, &err) < 0);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.text, place->path));
}

static void drop_ins_override_in_lexical_order(void **state)
{
    const struct place *place = *state;
    _cleanup_config_ struct config config = {0};
    _cleanup_buf_ struct buf warnings = BUF_INIT;
    write_config(place, "[Portal]\nProfile=a\nProxy=http://proxy.example:3128\n[Polling]\nMinSec=1\n");
    write_drop_in(place, "20-second.conf", "[Portal]\nProfile=c\n");
    write_drop_in(place, "10-first.conf", "[Portal]\nProfile=b\n[Polling]\nMaxSec=7\n");
    write_drop_in(place, "ignored.txt", "[Portal]\nProfile=d\n");
    assert_int_equal(config_load(place->path, true, &config, &warnings, NULL), 0);
    assert_string_equal(config.profile, "c");
    assert_string_equal(config.proxy, "http://proxy.example:3128");
    assert_int_equal(config.poll_min_us, 1 * US_PER_S);
    assert_int_equal(config.poll_max_us, 7 * US_PER_S);
}

static void an_unknown_key_is_warned_of_with_line_and_suggestion(void **state)
{
    const struct place *place = *state;
    _cleanup_config_ struct config config = {0};
    _cleanup_buf_ struct buf warnings = BUF_INIT;
    write_config(place, "# comment\n[Portal]\n\nProfil=x\n[Colour]\nRed=1\n");
    assert_int_equal(config_load(place->path, true, &config, &warnings, NULL), 0);
    assert_non_null(strstr(warnings.data, ":4: "));
    assert_non_null(strstr(warnings.data, "'Profile'"));
    assert_non_null(strstr(warnings.data, ":6: "));
    assert_non_null(strstr(warnings.data, "[Colour]"));
    assert_string_equal(config.profile, "idse-sim");
}

static void an_indented_key_is_a_key_of_its_own(void **state)
{
    const struct place *place = *state;
    _cleanup_config_ struct config config = {0};
    _cleanup_buf_ struct buf warnings = BUF_INIT;
    write_config(place, "[Portal]\nProfile=imss\n  CAFile=/etc/ca.pem\n");
    assert_int_equal(config_load(place->path, true, &config, &warnings, NULL), 0);
    assert_string_equal(config.profile, "imss");
    assert_string_equal(config.ca_file, "/etc/ca.pem");
}

static void wrong_values_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *text, *in_error;
    } cases[] = {
        {"[Portal]\nBase=http://portal.example/\n", "idsed.conf:2: Base"},
        {"[Portal]\n\nCAFile=ca.pem\n", "idsed.conf:3: CAFile"},
        {"[Polling]\nMinSec=0\n", "idsed.conf:2: MinSec"},
        {"[Polling]\nMinSec=-5\n", "idsed.conf:2: MinSec"},
        {"[Polling]\nMinSec=ten\n", "idsed.conf:2: MinSec"},
        {"[Polling]\nMinSec=99999999999999999999\n", "idsed.conf:2: MinSec"},
        {"[Polling]\nMinSec=100\nMaxSec=50\n", "MaxSec"},
        {"[Sending]\nMaxFileSize=64T\n", "idsed.conf:2: MaxFileSize"},
        {"[Sending]\nMaxFileSize=4096G\n", "idsed.conf:2: MaxFileSize"},
        {"[Log]\nLevel=loud\n", "idsed.conf:2: Level"},
        {"[Log]\nnonsense\n", "idsed.conf:2: "},
        {"[Log\nLevel=info\n", "idsed.conf:1: "},
    };
    const struct place *place = *state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_buf_ struct buf warnings = BUF_INIT;
        struct config config = {0};
        write_config(place, cases[i].text);
        assert_true(config_load(place->path, true, &config, &warnings, &err) < 0);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.text, cases[i].in_error));
        assert_null(config.profile);
    }
}

static void a_line_too_long_is_refused(void **state)
{
    const struct place *place = *state;
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_buf_ struct buf warnings = BUF_INIT;
    struct config config = {0};
    char value[400];
    memset(value, 'a', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    _cleanup_free_ char *text = xasprintf("[Portal]\nProxy=%s\n", value);
    write_config(place, text);
    assert_true(config_load(place->path, true, &config, &warnings, &err) < 0);
    assert_non_null(strstr(err.text, "idsed.conf:2: "));
}

static void reloading_takes_what_can_change_and_names_the_rest(void **state)
{
    const struct place *place = *state;
    _cleanup_config_ struct config config = {0}, fresh = {0};
    _cleanup_buf_ struct buf warnings = BUF_INIT, restart = BUF_INIT;
    write_config(place, "[Polling]\nMinSec=1\n");
    assert_int_equal(config_load(place->path, true, &config, &warnings, NULL), 0);
    write_config(place, "[Polling]\nMinSec=9\n[Portal]\nProfile=imss\n");
    assert_int_equal(config_load(place->path, true, &fresh, &warnings, NULL), 0);
    config_reload(&config, &fresh, &restart);
    assert_int_equal(config.poll_min_us, 9 * US_PER_S);
    assert_string_equal(config.profile, "idse-sim");
    assert_non_null(strstr(restart.data, "[Portal] Profile"));
    assert_null(strstr(restart.data, "MinSec"));
}

static void every_key_has_a_help_and_a_place_of_its_own(void **state)
{
    for (const struct config_key *key = config_keys(); key->name; key++) {
        assert_non_null(key->help);
        for (const struct config_key *other = config_keys(); other != key; other++) {
            assert_int_not_equal(key->offset, other->offset);
            assert_false(streq(key->section, other->section) && streq(key->name, other->name));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_missing_file_gives_the_defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_and_the_mail_relay_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_file_that_was_named_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(drop_ins_override_in_lexical_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_key_is_warned_of_with_line_and_suggestion, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_indented_key_is_a_key_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_values_are_refused_with_their_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_too_long_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reloading_takes_what_can_change_and_names_the_rest, set_up,
                                        tear_down),
        cmocka_unit_test(every_key_has_a_help_and_a_place_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
