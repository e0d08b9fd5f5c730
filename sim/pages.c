/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/pages.h"

static void add_escaped(struct buf *html, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            buf_add_str(html, "&amp;");
            break;
        case '<':
            buf_add_str(html, "&lt;");
            break;
        case '"':
            buf_add_str(html, "&quot;");
            break;
        default:
            buf_add_char(html, *text);
        }
    }
}

static void begin(struct buf *html, const char *title)
{
    buf_printf(
        html,
        "<!DOCTYPE html>\n<html lang=\"es\"><head><meta charset=\"UTF-8\"><title>IDSE - %s</title>\n"
        "<style>body{font-family:sans-serif;margin:2em auto;max-width:60em}table{border-collapse:collapse}"
        "td,th{border:1px solid #bbb;padding:.3em .6em}#imsgErrors{color:#a00}</style></head><body>\n"
        "<header><h1>IMSS Desde Su Empresa</h1><p><em>Portal de pr&aacute;ctica: nada de lo que se "
        "env&iacute;e aqu&iacute; llega al Instituto.</em></p></header>\n",
        title);
}

static void end(struct buf *html)
{
    buf_add_str(html, "</body></html>\n");
}

static void add_error(struct buf *html, const char *error)
{
    buf_add_str(html, "<div id=\"imsgErrors\" class=\"alert alert-danger\">");
    add_escaped(html, str_or_empty(error));
    buf_add_str(html, "</div>\n");
}

void page_login(struct buf *html, const char *error, const char *notice)
{
    begin(html, "Acceso");
    buf_add_str(
        html,
        "<div id=\"avisoModal\" class=\"modal\"><div class=\"modal-dialog\"><p>Aviso importante: lea las "
        "recomendaciones antes de ingresar.</p><button type=\"button\" data-dismiss=\"modal\">Cerrar"
        "</button></div></div>\n");
    if (notice) {
        buf_add_str(html, "<p class=\"alert alert-info\">");
        add_escaped(html, notice);
        buf_add_str(html, "</p>\n");
    }
    add_error(html, error);
    buf_add_str(
        html,
        "<form id=\"frmAcceso\" method=\"post\" action=\"/imss/AccesoIDSE.idse\">\n"
        "<input type=\"hidden\" name=\"siteId\" value=\"9\"><input type=\"hidden\" name=\"pkcs7\" "
        "value=\"\">\n"
        "<label>Certificado Digital <input type=\"file\" id=\"certificado\" name=\"certificado\" "
        "accept=\".pfx,.cer\"></label>\n"
        "<label>Llave Privada <input type=\"file\" id=\"llave\" name=\"llave\" accept=\".key\"></label>\n"
        "<label>Usuario <input type=\"text\" id=\"idUsuario\" name=\"idUsuario\"></label>\n"
        "<label>Contraseña <input type=\"password\" id=\"password\" name=\"password\" "
        "autocomplete=\"off\"></label>\n"
        "<button type=\"button\" id=\"botonFirma\" disabled>Iniciar sesión</button>\n</form>\n"
        "<div id=\"idModalWaitProcess\" class=\"modal\">Procesando, espere…</div>\n");
    end(html);
}

/* The hidden form through which every page in a session goes to a module. */
static void add_navigation(struct buf *html, const struct authority_account *account)
{
    buf_add_str(
        html,
        "<form id=\"frmDatos\" name=\"frmDatos\" method=\"post\" action=\"/imss/Modulos.idse\">"
        "<input type=\"hidden\" name=\"irA\" value=\"\"><input type=\"hidden\" name=\"idUsuario\" value=\"");
    add_escaped(html, account->user);
    buf_add_str(html, "\"><input type=\"hidden\" name=\"rfc_fiel\" value=\"");
    add_escaped(html, account->rfc);
    buf_add_str(
        html,
        "\"></form>\n<script>function irA(n){var m={1:'afiliacion',2:'emision',3:'confronta',4:'dapsua',"
        "5:'satic',6:'dictamen',8:'irRTT',101:'sipress',102:'incidencias'};document.frmDatos.action="
        "'/imss/Modulos.idse?irA='+m[n];document.frmDatos.submit();}</script>\n"
        "<nav><a href=\"/imss/Menu.idse\">Menú</a> <a href=\"/imss/CerrarSesion.idse\">Cerrar Sesión</a>"
        "</nav>\n");
}

void page_menu(struct buf *html, const struct authority_account *account)
{
    static const struct {
        int n;
        const char *label;
    } modules[] = {
        {1, "Movimientos Afiliatorios"},
        {2, "Emisión"},
        {3, "Confronta"},
        {4, "DAPSUA"},
        {6, "Dictamen"},
        {8, "Riesgos de Trabajo Terminados"},
        {102, "Incapacidades"},
    };
    begin(html, "Menú");
    buf_add_str(html, "<p>Bienvenido ");
    add_escaped(html, account->name);
    buf_add_str(html, "</p>\n");
    add_navigation(html, account);
    buf_add_str(html, "<ul>\n");
    for (size_t i = 0; i < ELEMENTSOF(modules); i++)
        buf_printf(html, "<li><a href=\"javascript:irA(%d)\">%s</a></li>\n", modules[i].n, modules[i].label);
    buf_add_str(html, "</ul>\n");
    end(html);
}

void page_module(struct buf *html, const struct authority_account *account)
{
    begin(html, "Movimientos Afiliatorios");
    add_navigation(html, account);
    buf_add_str(html,
                "<h2>CAPTURA DE MOVIMIENTOS AFILIATORIOS</h2>\n<p>Capture y envíe sus movimientos aquí</p>\n"
                "<h3>Lote de Movimientos</h3>\n<form id=\"frmEnvio\" method=\"post\" "
                "enctype=\"multipart/form-data\" action=\"/imss/AfiliaEnvio.idse\">\n"
                "<input type=\"hidden\" name=\"secuencia\"><input type=\"hidden\" name=\"pkcs7\">\n"
                "<input type=\"file\" name=\"archivo\"><input type=\"file\" name=\"certificado\">"
                "<input type=\"file\" name=\"llave\"><input type=\"hidden\" name=\"idUsuario\" value=\"");
    add_escaped(html, account->user);
    buf_add_str(html, "\">\n<button type=\"button\" id=\"botonEnviar\">Enviar</button></form>\n"
                      "<p><a href=\"/imss/AfiliaResultados.idse\">Resultados</a></p>\n");
    end(html);
}

static void add_link(struct buf *html, const struct sim_lot *lot, const char *date, const char *act,
                     const char *label)
{
    buf_printf(html, "<td><a href=\"javascript:consulta('%s','%s','%s')\">%s</a></td>", lot->lot, date, act,
               label);
}

static void add_row(struct buf *html, const struct sim_lot *lot)
{
    _cleanup_free_ char *date = time_format_short(lot->received_us);
    buf_printf(html,
               "<tr class=\"renglon\"><td><a href=\"javascript:consulta('%s','%s','detalle')\">%s</a></td>",
               lot->lot, date, lot->lot);
    buf_printf(html, "<td>%s</td><td>%s</td>", lot->type, date);
    add_link(html, lot, date, "acuse", "Acuse");
    if (lot->processed) {
        add_link(html, lot, date, "constancia", "Constancia");
        add_link(html, lot, date, "csv", "CSV");
    }
    buf_add_str(html, "</tr>\n");
}

static void add_table(struct buf *html, const char *title, const char *class,
                      const struct sim_lot *const *shown, size_t n, bool processed)
{
    buf_printf(html, "<h2>%s</h2>\n<table class=\"%s\"><tbody>\n", title, class);
    buf_add_str(html,
                "<tr class=\"encabezado\"><td colspan=\"3\">Lote, tipo de lote y fecha de transacción</td>"
                "<td colspan=\"3\">Documentos</td></tr>\n");
    for (size_t i = 0; i < n; i++)
        if (shown[i]->processed == processed)
            add_row(html, shown[i]);
    buf_add_str(html, "</tbody></table>\n");
}

void page_list(struct buf *html, const struct authority_account *account, const struct lots *lots,
               size_t most)
{
    _cleanup_free_ const struct sim_lot **shown = xcalloc(MIN(most, lots_count(lots)) + 1, sizeof *shown);
    size_t n = 0;
    for (size_t i = lots_count(lots); i-- > 0 && n < most;)
        if (authority_account_has_rp(account, lots_at(lots, i)->rp))
            shown[n++] = lots_at(lots, i);

    begin(html, "Resultados");
    add_navigation(html, account);
    buf_add_str(html,
                "<form id=\"frmResultados\" name=\"frmResultados\" method=\"post\" "
                "action=\"/imss/AfiliaResultados.idse\"><input type=\"hidden\" name=\"loteID\" value=\"\">"
                "<input type=\"hidden\" name=\"loteFecha\" value=\"\"><input type=\"hidden\" name=\"act\" "
                "value=\"\"><input type=\"hidden\" name=\"paginacion\" value=\"10\"></form>\n"
                "<script>function consulta(l,f,a){var r=document.frmResultados;r.loteID.value=l;"
                "r.loteFecha.value=f;r.act.value=a;r.submit();}</script>\n");
    add_table(html, "Lotes enviados", "table table-striped", shown, n, false);
    add_table(html, "Lotes procesados", "table table-striped bottom-buffer", shown, n, true);
    end(html);
}

void page_received(struct buf *html, const struct sim_lot *lot)
{
    _cleanup_free_ char *date = time_format_short(lot->received_us);
    begin(html, "Lote recibido");
    buf_printf(html,
               "<h2>Lote recibido</h2>\n<p>Número de lote: <span id=\"numeroLote\">%s</span></p>\n"
               "<p>Folio: <span id=\"folio\">%s</span></p>\n"
               "<p>Fecha y hora de recepción: <span id=\"fechaRecepcion\">%s</span></p>\n"
               "<p><a href=\"/imss/AfiliaResultados.idse\">Resultados</a> <a "
               "href=\"/imss/CerrarSesion.idse\">Cerrar "
               "Sesión</a></p>\n",
               lot->lot, lot->folio, date);
    end(html);
}

void page_refusal(struct buf *html, const char *title, const char *message)
{
    begin(html, title);
    buf_printf(html, "<h2>%s</h2>\n", title);
    add_error(html, message);
    buf_add_str(html, "<p><a href=\"/imss/Menu.idse\">Menú</a> <a href=\"/imss/CerrarSesion.idse\">Cerrar "
                      "Sesión</a></p>\n");
    end(html);
}

void page_maintenance(struct buf *html)
{
    begin(html, "Mantenimiento");
    buf_add_str(
        html, "<h2>El portal IDSE se encuentra en mantenimiento</h2>\n<p>Por el momento el servicio no está "
              "disponible. Intente más tarde.</p>\n");
    end(html);
}

void page_unknown(struct buf *html)
{
    buf_add_str(html,
                "<!DOCTYPE html>\n<html><head><title>Novedades</title></head><body><h1>Conozca nuestra nueva "
                "imagen</h1><p>Estamos renovándonos para servirle mejor.</p></body></html>\n");
}
