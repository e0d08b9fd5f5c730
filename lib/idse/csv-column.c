/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/csv-column.h"

#include "idse/catalogue.h"

const struct csv_column csv_columns[CSV_COLUMNS] = {
    {"position", "No.", "NO NUM POSICION", true, NULL, NULL, {NULL, NULL, NULL}}, /* of corrections */
    {"rp",
     "Registro patronal",
     "REGISTROPATRONAL RP REGPATRONAL REGPAT REGISTRO REGISTROPATRONALIMSS",
     false,
     csv_put_digits,
     NULL,
     {"Z9900001108", "Z9900001108", "Z9900001108"}},
    {"nss",
     "NSS",
     "NSS NUMERODESEGURIDADSOCIAL NUMEROSEGURIDADSOCIAL NUMDESEGURIDADSOCIAL NUMSEGURIDADSOCIAL "
     "NODESEGURIDADSOCIAL NOSEGURIDADSOCIAL NUMERODESEGUROSOCIAL NUMEROSEGUROSOCIAL NUMDESEGUROSOCIAL "
     "NUMSEGUROSOCIAL NUMSEGSOCIAL NODESEGUROSOCIAL NOSEGUROSOCIAL NOSEGSOCIAL NOIMSS NUMEROIMSS NUMIMSS "
     "NUMERODEAFILIACION NUMDEAFILIACION NUMAFILIACION NODEAFILIACION NOAFILIACION AFILIACION "
     "SEGURIDADSOCIAL "
     "SEGUROSOCIAL",
     false,
     csv_put_digits,
     NULL,
     {"99028500017", "99028500017", "12345678903"}},
    {"first-surname",
     "Apellido paterno",
     "APELLIDOPATERNO PRIMERAPELLIDO PATERNO APPATERNO APATERNO APELLIDO1 APELLIDOPAT",
     false,
     csv_put_text,
     NULL,
     {"PEREZ", "PEREZ", "PEREZ"}},
    {"second-surname",
     "Apellido materno",
     "APELLIDOMATERNO SEGUNDOAPELLIDO MATERNO APMATERNO AMATERNO APELLIDO2 APELLIDOMAT",
     true,
     csv_put_text,
     NULL,
     {"X", "X", "X"}},
    {"names",
     "Nombre",
     "NOMBRE NOMBRES NOMBREDEPILA NOMBREOS NOMBRESDELTRABAJADOR",
     false,
     csv_put_text,
     NULL,
     {"JUAN", "JUAN", "JUAN"}},
    {"type",
     "Movimiento",
     "MOVIMIENTO TIPODEMOVIMIENTO TIPOMOVIMIENTO TIPOMOV TMOV CLAVEMOVIMIENTO TIPODEMOV",
     false,
     NULL,
     NULL,
     {"reingreso", "modificacion", "baja"}},
    {"date",
     "Fecha",
     "FECHA FECHADEMOVIMIENTO FECHAMOVIMIENTO FECHADELMOVIMIENTO FECHAMOV FECMOV FECHADEINICIO",
     false,
     csv_put_date,
     NULL,
     {NULL, NULL, NULL}},
    {"sbc",
     "SBC",
     "SBC SDI SALARIOBASEDECOTIZACION SALARIOBASE SALARIODIARIOINTEGRADO SALARIOINTEGRADO SALBASE "
     "SALDIARIOINT",
     false,
     csv_put_sbc,
     NULL,
     {"450.50", "460.00", ""}},
    {"tipo-trabajador",
     "Tipo de trabajador",
     "TIPODETRABAJADOR TIPOTRABAJADOR TIPOTRAB TTRABAJADOR",
     false,
     csv_put_code,
     catalogue_tipo_trabajador,
     {"1", "", ""}},
    {"tipo-salario",
     "Tipo de salario",
     "TIPODESALARIO TIPOSALARIO TIPOSAL TSALARIO",
     false,
     csv_put_code,
     catalogue_tipo_salario,
     {"0", "0", ""}},
    {"jornada",
     "Semana o jornada reducida",
     "SEMANAOJORNADAREDUCIDA SEMANAJORNADAREDUCIDA SEMANAJORNADA JORNADAREDUCIDA SEMANAREDUCIDA JORNADA "
     "REDUCCION "
     "TIPODEJORNADA TIPOJORNADA",
     false,
     csv_put_code,
     catalogue_jornada,
     {"0", "0", ""}},
    {"umf",
     "UMF",
     "UMF UNIDADDEMEDICINAFAMILIAR CLINICA UNIDADMEDICA UNIDADMEDICAFAMILIAR",
     true,
     csv_put_umf,
     NULL,
     {"001", "", ""}},
    {"causa-baja",
     "Causa de baja",
     "CAUSADEBAJA CAUSABAJA CAUSADELABAJA CAUSA MOTIVODEBAJA MOTIVOBAJA CBAJA",
     false,
     csv_put_code,
     catalogue_causa_baja,
     {"", "", "2"}},
    {"guia", "Guía", "GUIA NUMERODEGUIA NUMGUIA", true, csv_put_digits, NULL, {"06400", "06400", "06400"}},
    {"clave",
     "Clave del trabajador",
     "CLAVEDELTRABAJADOR CLAVETRABAJADOR CLAVE NUMERODEEMPLEADO NUMEMPLEADO NOEMPLEADO EMPLEADO "
     "NUMERODETRABAJADOR "
     "CLAVEEMPLEADO NOMINA",
     true,
     csv_put_text,
     NULL,
     {"EMP0001", "EMP0001", "EMP0001"}},
    {"curp",
     "CURP",
     "CURP CLAVEUNICA",
     true,
     csv_put_text,
     NULL,
     {"PEXJ850101HDFRXN06", "PEXJ850101HDFRXN06", ""}},
};

int csv_column_of(const char *field)
{
    return ROW_INDEX(csv_columns, field, field);
}

int csv_column_headed(const char *word, const char **ret_field)
{
    for (int i = 0; i < CSV_COLUMNS; i++)
        if (csv_word_listed(csv_columns[i].names, word)) {
            *ret_field = csv_columns[i].field;
            return i;
        }
    static const char *const dates[CSV_HEADINGS - CSV_COLUMNS] = {
        [CSV_DATE_ALTA - CSV_COLUMNS] = "FECHADEALTA FECHAALTA FECHADELALTA",
        [CSV_DATE_INGRESO - CSV_COLUMNS] = "FECHADEINGRESO FECHAINGRESO FECHADEREINGRESO FECHAREINGRESO",
        [CSV_DATE_BAJA - CSV_COLUMNS] = "FECHADEBAJA FECHABAJA FECHADELABAJA",
    };
    for (int i = 0; i < CSV_HEADINGS - CSV_COLUMNS; i++)
        if (csv_word_listed(dates[i], word)) {
            *ret_field = "date";
            return CSV_COLUMNS + i;
        }
    return -1;
}

int csv_type_named(const char *name)
{
    static const struct {
        const char *names;
        enum movement_type type;
    } types[] = {
        {"08 8 REINGRESO REINGRESOS ALTA ALTAS ALTAREINGRESO ALTAOREINGRESO", MOVEMENT_REINGRESO},
        {"07 7 MODIFICACION MODIFICACIONDESALARIO MODIFICACIONSALARIO MODSALARIO MODSALARIOS MODIFICACIONES",
         MOVEMENT_MODIFICACION},
        {"02 2 BAJA BAJAS", MOVEMENT_BAJA},
    };
    char word[CSV_WORD_SIZE];
    csv_word(name, word);
    for (size_t i = 0; i < ELEMENTSOF(types); i++)
        if (csv_word_listed(types[i].names, word))
            return (int)types[i].type;
    return -1;
}
