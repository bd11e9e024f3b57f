namespace FastMlp;

internal enum InitializerKind
{
    HeNormal,
    HeUniform,
    GlorotNormal,
    GlorotUniform,
    LecunNormal,
    LecunUniform,
    Zeros,
}
