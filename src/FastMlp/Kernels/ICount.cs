using System.Runtime.InteropServices;

namespace FastMlp.Kernels;

/// <summary>
/// A number as a type, so that the JIT folds every test on it out of a kernel body: the number is the size of the struct. Of all
/// constants that a type can carry, sizeof is the one that the JIT knows before it inlines. A static property it inlines
/// like any method, into branches that it later drops too, and a microkernel's hundred of them spent the budget: dX of ReLU
/// networks called the property for each row of a tile, with the sums in memory around each call.
/// </summary>
internal interface ICount
{
}

[StructLayout(LayoutKind.Sequential, Size = 1)]
internal readonly struct N1 : ICount
{
}

[StructLayout(LayoutKind.Sequential, Size = 2)]
internal readonly struct N2 : ICount
{
}

[StructLayout(LayoutKind.Sequential, Size = 3)]
internal readonly struct N3 : ICount
{
}

[StructLayout(LayoutKind.Sequential, Size = 4)]
internal readonly struct N4 : ICount
{
}

[StructLayout(LayoutKind.Sequential, Size = 5)]
internal readonly struct N5 : ICount
{
}

[StructLayout(LayoutKind.Sequential, Size = 6)]
internal readonly struct N6 : ICount
{
}

[StructLayout(LayoutKind.Sequential, Size = 7)]
internal readonly struct N7 : ICount
{
}

[StructLayout(LayoutKind.Sequential, Size = 8)]
internal readonly struct N8 : ICount
{
}

[StructLayout(LayoutKind.Sequential, Size = 9)]
internal readonly struct N9 : ICount
{
}

[StructLayout(LayoutKind.Sequential, Size = 10)]
internal readonly struct N10 : ICount
{
}

[StructLayout(LayoutKind.Sequential, Size = 11)]
internal readonly struct N11 : ICount
{
}

[StructLayout(LayoutKind.Sequential, Size = 12)]
internal readonly struct N12 : ICount
{
}
