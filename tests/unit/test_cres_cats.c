#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "zones/attr_text.h"
#include "zones/cres_cats.h"
#include "zones/dns_type.h"

/* Add the attributes of one record given as text to the facts. */
static void add(struct cres_cats_facts *facts, uint16_t type, const char *text, uint8_t *buffer,
                size_t size)
{
    struct dns_scan scan;
    struct err_at at = {0};
    dns_scan_init(&scan, text, strlen(text), &at);
    struct wr wr = wr_make(buffer, size);
    if (attr_text_parse(&scan, type, NULL, &wr)) {
        fail_msg("%s: %s", text, at.text);
    }
    struct cres_iter iter;
    struct cres_attr attr;
    cres_attrs(buffer, wr_len(&wr), &iter);
    while (cres_next(&iter, &attr)) {
        facts->of[attr_find(attr.key) - attr_get(0)] = attr;
    }
}

/* All names with their values: "load=1 cpu=2". */
static const char *print_all(const struct cres_cats_facts *facts)
{
    static char text[1000];
    struct wr all = wr_make(text, sizeof text - 1);
    for (size_t i = 0; cres_cats_name(i); i++) {
        char value[255];
        struct wr wr = wr_make(value, sizeof value);
        int name_len = snprintf(value, sizeof value, "%s=", cres_cats_name(i));
        wr.pos += name_len;
        cres_cats_print(i, facts, &wr);
        if (wr_len(&wr) > (size_t)name_len) {
            wr_print(&all, "%s%.*s", wr_len(&all) > 0 ? " " : "", (int)wr_len(&wr), value);
        }
    }
    *all.pos = '\0';
    return text;
}

static void each_name_follows_its_formula_and_is_left_out_when_unknown(void **state)
{
    static const struct {
        const char *label, *res, *load, *expected;
    } rows[] = {
        {"nothing known", ".", ". obs=1", ""},
        {"load is the busier share", ".", ". obs=1 util=40 accutil=71", "load=71 comp=2"},
        {"load of cores alone", ".", ". obs=1 util=40", "load=40 comp=6"},
        {"idle", ".", ". obs=1 util=0", "load=0 comp=10"},
        {"full", ".", ". obs=1 util=100", "load=100 comp=0"},
        {"load from free cores", ". cpu=8", ". obs=1 cpuf=6", "load=25 cpu=6 comp=7"},
        {"load from free cards", ". acc=nvidia-h20-96g accn=8", ". obs=1 accf=2",
         "load=75 gpu=nvidia-h20-96g:2 comp=2"},
        {"a report goes before a guess", ". cpu=8", ". obs=1 cpuf=6 util=90",
         "load=90 cpu=6 comp=1"},
        {"no total, no load", ".", ". obs=1 cpuf=6", "cpu=6"},
        {"total 0, no load", ". cpu=0", ". obs=1 cpuf=0", "cpu=0"},
        {"load of huge numbers", ". cpu=18446744073709551615", ". obs=1 cpuf=9223372036854775807",
         "load=50 cpu=9223372036854775807 comp=5"},
        {"MB from MiB", ".", ". obs=1 memf=1", "mem=1"},
        {"MB from many MiB", ".", ". obs=1 memf=15625", "mem=16384"},
        {"MB from 80 GiB", ".", ". obs=1 memf=80g", "mem=85899"},
        {"MB beyond 64 bits", ".", ". obs=1 memf=18446744073709551615", ""},
        {"gpu", ". acc=nvidia-a100-80g", ". obs=1 accf=1.25", "gpu=nvidia-a100-80g:1.25"},
        {"gpu without count", ". acc=amd-mi300x", ". obs=1", "gpu=amd-mi300x"},
        {"other accelerator", ". acc=ascend-910b", ". obs=1 accf=0", "accel=ascend-910b:0"},
        {"short name", ". acc=amd", ". obs=1", "accel=amd"},
        {"no wait", ".", ". obs=1 wait50=0", "lat=0 serv=10"},
        {"1 s", ".", ". obs=1 wait50=1", "lat=1000 serv=9"},
        {"2 s", ".", ". obs=1 wait50=2", "lat=2000 serv=9"},
        {"3 s", ".", ". obs=1 wait50=3", "lat=3000 serv=8"},
        {"1022 s", ".", ". obs=1 wait50=1022", "lat=1022000 serv=1"},
        {"1023 s", ".", ". obs=1 wait50=1023", "lat=1023000 serv=0"},
        {"endless", ".", ". obs=1 wait50=18446744073709551615", "serv=0"},
        {"both scores", ".", ". obs=1 util=50 wait50=2", "load=50 lat=2000 cats=7 comp=5 serv=9"},
        {"cost", ". price=6.32 cur=USD per=card-h", ". obs=1", "cost=6.32"},
        {"active", ". state=active", ". obs=1", "prio=1"},
        {"ok", ".", ". obs=1 health=ok", "prio=1"},
        {"degraded", ". state=active", ". obs=1 health=degraded", "prio=2"},
        {"drain", ". state=drain", ". obs=1 health=degraded", "prio=3"},
        {"down", ". state=down", ". obs=1 util=0 wait50=0",
         "load=0 lat=0 cats=0 comp=0 serv=0 prio=9"},
        {"failed", ". state=active", ". obs=1 util=0 health=failed", "load=0 comp=0 prio=9"},
        {"caps",
         ". arch=x86_64 env=\"cuda-12.4,a\\,b,gromacs\" tee=csv,sgx fp64=1 int8=1 basis=claimed",
         ". obs=1", "caps=x86_64,fp64,int8,sgx,csv,cuda-12.4,gromacs"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cres_cats_facts facts = {0};
        uint8_t res[300];
        uint8_t load[300];
        add(&facts, DNS_TYPE_CRES, rows[i].res, res, sizeof res);
        add(&facts, DNS_TYPE_CLOAD, rows[i].load, load, sizeof load);
        const char *text = print_all(&facts);
        if (strcmp(text, rows[i].expected) != 0) {
            fail_msg("%s: %s", rows[i].label, text);
        }
    }
}

static void capabilities_are_cut_between_two_of_them(void **state)
{
    struct cres_cats_facts facts = {0};
    char record[400] = ". env=";
    uint8_t buffer[400];
    (void)state;
    for (int i = 0; i < 30; i++) {
        strcat(record, i > 0 ? ",123456789" : "123456789");
    }
    add(&facts, DNS_TYPE_CRES, record, buffer, sizeof buffer);
    const char *text = print_all(&facts);
    assert_int_equal(strlen(text), 5 + 25 * 10 - 1); /* caps= and 25 of 30: the 26th ends at 264 */
    assert_string_equal(text + strlen(text) - 10, ",123456789");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_follows_its_formula_and_is_left_out_when_unknown),
        cmocka_unit_test(capabilities_are_cut_between_two_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
