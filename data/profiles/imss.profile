# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The IMSS's own portal, as far as it is publicly known. The keys are explained in idse-sim.profile. Login and list are
# what programs in use do; nothing is public about how a file is uploaded, so that step is unknown and idsed will not
# send before it is written down here, or in a copy in /etc/idsed/profiles, from one recorded manual upload.

[portal]
title = IDSE, Instituto Mexicano del Seguro Social
url = https://idse.imss.gob.mx/imss/
user-agent = Mozilla/5.0 (compatible; idsed)
error-box = imsgErrors
# Between two documents; shorter pauses are said to be answered with empty pages.
pause = 5

[any]
# Assumed: no text of a maintenance page is public.
fail = maintenance text:en mantenimiento & !id:botonFirma
fail = backend error:El tiempo de espera del WS de firma electrónica

[inside]
fail = session-lost text:#01001
fail = session-lost error:sesi & error:inv
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
media = text/plain text/html

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
expect = text:Movimientos Afiliatorios & text:Cerrar Sesión & !id:password
# The code 11 is known; the other texts are assumed.
fail = certificate-expired error:caducado
fail = account-locked error:bloquead
fail = certificate-unknown error:no registrado
fail = credentials error:contraseña & error:incorrect
fail = credentials error:contraseña & error:inválid

[menu]
sure = known
method = GET
path = Menu.idse
expect = text:Movimientos Afiliatorios & text:Cerrar Sesión & !id:password

[module]
sure = known
method = POST
path = Modulos.idse?irA=afiliacion
field = irA=
field = idUsuario=${user}
field = rfc_fiel=${rfc}
expect = text:Movimientos Afiliatorios & !id:password

[list]
sure = known
method = POST
path = AfiliaResultados.idse
field = loteID=
field = loteFecha=
field = act=encuesta
field = paginacion=${rows}
# Programs in use ask for 10 and 50; whether more is granted is assumed.
rows = 50 500 5000
expect = text:Lotes procesados
table-class = table-striped
processed-class = bottom-buffer
csv-link = CSV

[upload]
sure = unknown

# The links of the list post its form with another act; which one is assumed, in the portal's style.
[acuse]
sure = assumed
method = POST
path = AfiliaResultados.idse
field = loteID=${lot}
field = loteFecha=${lot-date}
field = act=acuse
field = paginacion=10
media = application/pdf

[constancia]
sure = assumed
method = POST
path = AfiliaResultados.idse
field = loteID=${lot}
field = loteFecha=${lot-date}
field = act=constancia
field = paginacion=10
media = application/pdf

[csv]
sure = assumed
method = POST
path = AfiliaResultados.idse
field = loteID=${lot}
field = loteFecha=${lot-date}
field = act=csv
field = paginacion=10
media = text/csv application/octet-stream application/vnd.ms-excel

[logout]
sure = unknown
