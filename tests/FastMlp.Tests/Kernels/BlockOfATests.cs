using FastMlp.Kernels;
using FastMlp.Memory;

namespace FastMlp.Tests.Kernels;

/// <summary>When A is packed and its empty steps are left out: no bit shows it, so products alone cannot.</summary>
public unsafe class BlockOfATests
{
    private const int PanelWidth = 16;
    private const int TallestTile = 6;

    /// <summary>Rows of A as they lie are read so, however long.</summary>
    [Theory]
    [InlineData(1024, 1024)]
    [InlineData(64, 63)]
    public void RowsAsTheyLieAreNotPacked(int n, int k)
    {
        BlockOfA block = Taken(12, n, k, isTransposed: false, (_, _) => false);
        Assert.False(block.PacksColumns);
        Assert.False(block.Skips);
    }

    /// <summary>x^T in dW: packed but for few panels and steps.</summary>
    [Theory]
    [InlineData(200, 512, 128, true)]
    [InlineData(100, 128, 40, false)]
    [InlineData(102, 128, 40, false)]
    [InlineData(103, 128, 40, true)]
    [InlineData(100, 144, 40, true)]
    [InlineData(200, 144, 40, true)]
    [InlineData(200, 128, 40, true)]
    [InlineData(200, 48, 128, false)]
    [InlineData(256, 128, 40, true)]
    [InlineData(256, 128, 16, false)]
    [InlineData(64, 128, 63, false)]
    [InlineData(64, 128, 64, true)]
    public void TransposedRowsArePacked(int m, int n, int k, bool isPacked)
    {
        BlockOfA block = Taken(m, n, k, isTransposed: true, (_, _) => false);
        Assert.Equal(isPacked, block.PacksColumns);
        Assert.False(block.Skips);
    }

    /// <summary>Steps that are 0 in all rows of a tile are left out from one in eight on, of A as it lies and transposed.</summary>
    [Theory]
    [InlineData(false, 64, 0, false)]
    [InlineData(false, 64, 7, false)]
    [InlineData(false, 64, 8, true)]
    [InlineData(false, 63, 63, false)]
    [InlineData(true, 64, 0, false)]
    [InlineData(true, 64, 4, false)]
    [InlineData(true, 64, 17, true)]
    [InlineData(true, 64, 48, true)]
    [InlineData(true, 63, 63, false)]
    public void EmptyStepsAreLeftOut(bool isTransposed, int k, int empty, bool skips)
    {
        BlockOfA block = Taken(96, 128, k, isTransposed, (_, p) => p < empty);
        Assert.Equal(skips, block.Skips);
        for (nint tile = 0; tile < 16 && skips; tile++)
        {
            int* steps = block.Steps(tile, out nint count);
            Assert.Equal(k - empty, count);
            Assert.Equal(empty, steps[0]);
        }
    }

    /// <summary>A first row that is full, or a first tile, keeps a block from being searched; a later tile does not.</summary>
    [Fact]
    public void TheFirstTileAnswersForItsBlock()
    {
        Assert.False(Taken(96, 128, 64, isTransposed: false, (row, _) => row > 0).Skips);
        Assert.False(Taken(96, 128, 64, isTransposed: false, (row, p) => (p + row) % 2 == 0).Skips);
        Assert.True(Taken(96, 128, 64, isTransposed: false, (row, _) => row < 90).Skips);
    }

    /// <summary>Empty lines above and below, as images have them, are seen; and such at one end alone.</summary>
    [Fact]
    public void TransposedRowsAreLookedAtFromEndToEnd()
    {
        Assert.True(Taken(784, 512, 128, isTransposed: true, (row, _) => row / 28 is < 4 or > 23).Skips);
        Assert.True(Taken(784, 512, 128, isTransposed: true, (row, _) => row > 650).Skips);
        Assert.True(Taken(784, 512, 128, isTransposed: true, (row, _) => row < 133).Skips);
    }

    /// <summary>What the buffer holds is not packed again for the next panels of the same rows; of several blocks of k nothing is held.</summary>
    [Theory]
    [InlineData(1024, true)]
    [InlineData(512, false)]
    public void ABlockIsKept(int kBlock, bool isKept)
    {
        using AlignedBuffer a = Values(12, 1024, (_, _) => false);
        GemmArguments g = Arguments(a, 12, 1024, 1024, isTransposed: true);
        g.KBlock = kBlock;
        TileHeights heights = new(12, TallestTile);
        BlockOfA block = new(in g, 1024 / PanelWidth, PanelWidth, TallestTile, 12);
        block.Take(in g, 0, in heights, 0, kBlock);
        float first = *block.Packed(0, kBlock);
        a.Span[0] += 1;
        block.Take(in g, 0, in heights, 0, kBlock);
        Assert.Equal(isKept, first == *block.Packed(0, kBlock));

        // Other rows take its place.
        block.Take(in g, 6, new TileHeights(6, TallestTile), 0, kBlock);
        block.Take(in g, 0, in heights, 0, kBlock);
        Assert.Equal(a.Span[0], *block.Packed(0, kBlock));
    }

    private static BlockOfA Taken(int m, int n, int k, bool isTransposed, Func<int, int, bool> isZero)
    {
        using AlignedBuffer a = Values(m, k, isZero);
        if (isTransposed)
        {
            float[] rows = a.Span[..(m * k)].ToArray();
            for (int i = 0; i < m * k; i++)
            {
                a.Span[(i % k * m) + (i / k)] = rows[i];
            }
        }

        GemmArguments g = Arguments(a, m, n, k, isTransposed);
        BlockOfA block = new(in g, (n + PanelWidth - 1) / PanelWidth, PanelWidth, TallestTile, m);
        block.Take(in g, 0, new TileHeights(m, TallestTile), 0, k);
        return block;
    }

    private static AlignedBuffer Values(int m, int k, Func<int, int, bool> isZero)
    {
        AlignedBuffer a = new(m * k);
        for (int i = 0; i < m * k; i++)
        {
            a.Span[i] = isZero(i / k, i % k) ? 0 : i + 1;
        }

        return a;
    }

    private static GemmArguments Arguments(AlignedBuffer a, int m, int n, int k, bool isTransposed) => new()
    {
        M = m,
        N = n,
        K = k,
        A = a.Pointer,
        ARowStride = isTransposed ? 1 : k,
        AColumnStride = isTransposed ? m : 1,
        BRowStride = PanelWidth,
        PanelVectors = 2,
        KBlock = k,
    };
}
