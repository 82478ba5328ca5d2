#include "server/keeper_report.h"

#include "base/log.h"
#include "zones/dns_name.h"

int keeper_tell(const struct keeper_report *report, int err, const char *file, const uint8_t *name,
                const char *text)
{
    char zone[DNS_NAME_TEXT_MAX];
    struct err_at at = {.file = file};
    dns_name_print(name, zone);
    err_at_set(&at, err, 0, 0, "zone %.120s: %s", zone, text);
    report->on_error(report->context, &at);
    return err;
}

void keeper_report_log(void *context, const struct err_at *at)
{
    const char *event = context;
    const char *file = at->file ? at->file : "";
    if (at->line > 0) {
        log_error(event, "file=%s line=%u column=%u text=%s", file, at->line, at->column, at->text);
    } else {
        log_error(event, "file=%s text=%s", file, at->text);
    }
}
