# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The practice portal, idse-sim. Complete: every step of it is known to this client. What of it the real portal shares is
# told in sim/README.md.
#
# A section is one step. Keys:
#   sure     known, assumed or unknown; an unknown step is never taken
#   method   GET or POST; form: urlencoded or multipart
#   path     below the url of [portal]
#   header   a line of its own; field: name=value of the form; file: name=FILENAME, the records as a file
#            ${base} ${user} ${rfc} ${password} ${certificate-file} ${key-file} ${nonce} ${pkcs7} ${rp} ${lot}
#            ${lot-date} ${rows} are filled in; a step that signs or sends ${nonce} gets a fresh one from [sequence]
#   sign     nonce or records; encoding: pem-quirk (no first line, no line breaks, END+PKCS7), pem or base64
#   expect   marks of success, joined by " & "; several lines are all needed
#   fail     a reason and marks; the first line that fits counts: the step's, then [inside] (after the login), then [any]
#   media    media types of a success that is no page
#   timeout  seconds, for this step only
# A mark is id:NAME (an element with that id), text:WORDS (in the visible text) or error:WORDS (in the error box); with
# '!' in front it must be absent.

[portal]
title = Portal de práctica (idse-sim)
url = https://127.0.0.1:8443/imss/
user-agent = Mozilla/5.0 (compatible; idsed)
error-box = imsgErrors

[any]
fail = maintenance text:se encuentra en mantenimiento
fail = backend error:tiempo de espera del WS de firma

[inside]
fail = session-lost error:#01001
fail = session-lost id:botonFirma
fail = session-lost id:idUsuario

[connect]
sure = known
method = GET
path =
expect = id:botonFirma & id:idUsuario

[sequence]
sure = known
method = POST
path = SecuenciaFirma.idse
header = X-Requested-With: XMLHttpRequest
field = siteId=9
field = location=${base}
media = text/plain

[login]
sure = known
method = POST
path = AccesoIDSE.idse
field = siteId=9
field = pkcs7=${pkcs7}
field = certificado=${certificate-file}
field = llave=${key-file}
field = idUsuario=${user}
field = password=${password}
sign = nonce
encoding = pem-quirk
expect = text:Bienvenido & text:Movimientos Afiliatorios & text:Cerrar Sesión & !id:password
fail = credentials error:Usuario o contraseña incorrectos
fail = certificate-unknown error:Certificado no registrado
fail = certificate-expired error:Certificado caducado
fail = account-locked error:Cuenta bloqueada
fail = backend error:Secuencia de firma no válida
fail = certificate-unknown error:Firma electrónica no válida

[menu]
sure = known
method = GET
path = Menu.idse
expect = text:Bienvenido & text:Cerrar Sesión & !id:password

[module]
sure = known
method = POST
path = Modulos.idse?irA=afiliacion
field = irA=
field = idUsuario=${user}
field = rfc_fiel=${rfc}
expect = text:CAPTURA DE MOVIMIENTOS AFILIATORIOS

[upload]
sure = known
method = POST
form = multipart
path = AfiliaEnvio.idse
field = secuencia=${nonce}
file = archivo=${rp}.txt
field = pkcs7=${pkcs7}
field = certificado=${certificate-file}
field = llave=${key-file}
field = idUsuario=${user}
sign = records
encoding = pem-quirk
timeout = 900
expect = text:Lote recibido & id:numeroLote
fail = file-refused error:Archivo rechazado
fail = session-lost error:Secuencia de firma no válida
fail = certificate-unknown error:Firma electrónica no válida
lot = numeroLote
folio = folio
received = fechaRecepcion

[list]
sure = known
method = POST
path = AfiliaResultados.idse
field = loteID=
field = loteFecha=
field = act=encuesta
field = paginacion=${rows}
rows = 50 500 5000
expect = text:Lotes procesados
table-class = table-striped
processed-class = bottom-buffer
csv-link = CSV

[acuse]
sure = known
method = POST
path = AfiliaResultados.idse
field = loteID=${lot}
field = loteFecha=${lot-date}
field = act=acuse
field = paginacion=10
media = application/pdf
fail = not-ready error:Documento no disponible

[constancia]
sure = known
method = POST
path = AfiliaResultados.idse
field = loteID=${lot}
field = loteFecha=${lot-date}
field = act=constancia
field = paginacion=10
media = application/pdf
fail = not-ready error:Documento no disponible

[csv]
sure = known
method = POST
path = AfiliaResultados.idse
field = loteID=${lot}
field = loteFecha=${lot-date}
field = act=csv
field = paginacion=10
media = text/csv
fail = not-ready error:Documento no disponible

[logout]
sure = known
method = GET
path = CerrarSesion.idse
expect = text:Ha cerrado su sesión
