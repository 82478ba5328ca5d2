#include "server/reload.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/proc.h"

/* A reload on its way through the writer. */
struct reload {
    struct writer_job job; /* first: the writer hands back its address */
    struct reload_context *context;
    struct server_conf *conf;
};

void reload_log_warnings(const struct server_conf *conf)
{
    const struct err_at *at;
    for (size_t i = 0; (at = server_conf_warning(conf, i)); i++) {
        log_warn("config_warning", "file=%s line=%u text=%s", at->file ? at->file : "", at->line,
                 at->text);
    }
}

static void run(struct writer_job *job)
{
    struct reload *reload = (struct reload *)(void *)job; /* job is the first member */
    struct reload_context *context = reload->context;
    struct keeper_report report = {keeper_report_log, "zone_load_failed"};
    int err = keeper_apply(context->keeper, reload->conf, &report);
    if (err) {
        stat_add(context->writer_stat, STAT_config_reload_failed, 1);
        log_error("reload_failed", "error=%s text=%s", err_text(err),
                  "the old configuration stays");
    } else {
        stat_add(context->writer_stat, STAT_config_reload_ok, 1);
        log_set_level(reload->conf->server.log_level);
        log_info("reloaded", "file=%s", context->path);
    }
    proc_notify("READY=1");
    server_conf_free(reload->conf);
    mem_free(reload);
}

void reload_begin(struct reload_context *context)
{
    struct server_conf *conf = NULL;
    struct err_at at = {.text = ""};
    proc_notify("RELOADING=1");
    if (server_conf_load(context->path, &conf, &at)) {
        stat_add(context->loop_stat, STAT_config_reload_failed, 1);
        keeper_report_log("reload_failed", &at);
        proc_notify("READY=1");
        return;
    }
    reload_log_warnings(conf);
    const char *option;
    for (size_t i = 0; (option = server_conf_restart(context->conf, conf, &i)); i++) {
        log_warn("config_restart", "option=%s text=%s", option, "changes with the next start");
    }
    struct reload *reload = mem_alloc(sizeof(*reload));
    *reload = (struct reload){{NULL, run}, context, conf};
    writer_post(context->writer, &reload->job);
}
