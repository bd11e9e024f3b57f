using FastMlp.Kernels;

namespace FastMlp.Tests.Kernels;

/// <summary>What is decided for which shape and machine: a decision changes no bit, so results cannot show it.</summary>
public sealed class RoutesTests
{
    [Theory]
    [InlineData(1, 8, 1)]
    [InlineData(8, 8, 1)]
    [InlineData(9, 8, 2)]
    [InlineData(16, 8, 2)]
    [InlineData(17, 8, 1)]
    [InlineData(24, 8, 1)]
    [InlineData(24, 16, 2)]
    [InlineData(10, 4, 1)]
    [InlineData(512, 16, 2)]
    public void APanelHasTwoVectorsUnlessOneWouldBePadding(int n, int width, int vectors) => Assert.Equal(vectors, Routes.PanelVectors(n, width));

    [Theory]
    [InlineData(16, 1, 12)]
    [InlineData(16, 2, 6)]
    [InlineData(32, 1, 12)]
    [InlineData(32, 2, 12)]
    public void ATileFillsTheRegisters(int registers, int vectors, int rows)
    {
        Assert.Equal(rows, Routes.TileRows(registers, vectors));
        Assert.True((rows * vectors) + vectors + 1 <= registers);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void FewRowsLeaveTheTiles(int rows, bool expected) => Assert.Equal(expected, Routes.IsRowProduct(Layer(rows, 64, 64), rows, 16));

    [Fact]
    public void RowProductsNeedPanelsAndRows()
    {
        GemmArguments g = Layer(1, 64, 64);
        g.BForm = PanelForm.Transposed;
        Assert.False(Routes.IsRowProduct(in g, 1, 16));
        g = Layer(1, 64, 64);
        g.BForm = PanelForm.BFloat16;
        Assert.False(Routes.IsRowProduct(in g, 1, 16));
        g.BRowStride = 8;
        Assert.True(Routes.IsRowProduct(in g, 1, 16));
        g = Layer(1, 64, 64);
        g.AColumnStride = 2;
        Assert.False(Routes.IsRowProduct(in g, 1, 16));
        g = Layer(1, 64, 64);
        g.CPanelStride = 64;
        Assert.False(Routes.IsRowProduct(in g, 1, 16));
    }

    [Fact]
    public void OneUnitIsADotProduct()
    {
        Assert.True(Routes.IsDot(1));
        Assert.False(Routes.IsDot(2));
    }

    [Theory]
    [InlineData(64, 64, 8, 64, false, true)]
    [InlineData(64, 64, 9, 64, false, false)]
    [InlineData(64, 64, 8, 63, false, false)]
    [InlineData(64, 64, 8, 64, true, false)]
    [InlineData(128, 64, 8, 128, false, false)]
    public void ASmallRowDecidesNothing(int k, int n, int vectors, int kBlock, bool isBFloat16, bool expected) =>
        Assert.Equal(expected, Routes.IsSmallRow(k, n, vectors, kBlock, isBFloat16));

    [Fact]
    public void ZerosOfARowAreUsedWhereTheyPay()
    {
        Assert.False(Routes.IsSearched(64, 127));
        Assert.True(Routes.IsSearched(64, 128));
        Assert.True(Routes.IsWorthListing(500, 600));
        Assert.False(Routes.IsWorthListing(501, 600));
        Assert.True(Routes.IsByInputs(450, 600));
        Assert.False(Routes.IsByInputs(451, 600));
        Assert.True(Routes.IsWorthSkipping(56, 64));
        Assert.False(Routes.IsWorthSkipping(57, 64));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(784, 784)]
    [InlineData(1024, 1024)]
    [InlineData(1025, 544)]
    [InlineData(4096, 1024)]
    public void BlocksOfKAreEven(int k, int block) => Assert.Equal(block, Routes.KBlock(k));

    [Theory]
    [InlineData(1, 512, 12)]
    [InlineData(128, 512, 132)]
    [InlineData(160, 512, 168)]
    [InlineData(161, 512, 84)]
    [InlineData(100_000, 8, 2508)]
    public void BlocksOfRowsStayInCacheAndAreEven(int rows, int kBlock, int block)
    {
        Assert.Equal(block, Routes.RowBlock(rows, kBlock));
        Assert.True(block % Routes.MaxTileRows == 0);
    }

    [Theory]
    [InlineData(4, 128, 128, true)]
    [InlineData(3, 128, 128, false)]
    [InlineData(8, 64, 63, false)]
    [InlineData(9, 64, 63, true)]
    [InlineData(8, 64, 64, true)]
    [InlineData(8, 100, 41, true)]
    public void ColumnsOfAArePackedWhereReadOften(int panels, int stride, int k, bool expected)
    {
        GemmArguments g = new() { ARowStride = 1, AColumnStride = stride, K = k, KBlock = k };
        Assert.Equal(expected, Routes.PacksColumns(in g, panels));
        Assert.Equal(expected && k >= 64, Routes.ListsSteps(in g, panels));
        g.BForm = PanelForm.Transposed;
        Assert.False(Routes.PacksColumns(in g, panels));
        g.BForm = PanelForm.Panels;
        g.ARowStride = stride;
        Assert.False(Routes.PacksColumns(in g, panels));
    }

    [Fact]
    public void RowsOfAAreSearchedForEmptySteps()
    {
        Assert.True(Routes.ListsSteps(Layer(100, 64, 64), 4));
        Assert.False(Routes.ListsSteps(Layer(100, 64, 63), 4));
        Assert.False(Routes.ListsSteps(Layer(100, 64, 64), 3));
    }

    [Fact]
    public void SmallProductsAreNotForked()
    {
        Assert.True(Routes.IsForked(Layer(100, 100, 100), 2));
        Assert.False(Routes.IsForked(Layer(100, 100, 99), 2));
        Assert.False(Routes.IsForked(Layer(1000, 1000, 1000), 1));
    }

    /// <summary>Many rows are cut for the threads; few are not, nor are rows for which each thread would make all panels anew.</summary>
    [Fact]
    public void RowsAreCutForThreads()
    {
        Assert.Equal(2, Routes.BlocksOfRows(Layer(96, 1024, 256), 32, 2, 12));
        Assert.Equal(1, Routes.BlocksOfRows(Layer(94, 1024, 256), 32, 2, 12));
        Assert.Equal(16, Routes.BlocksOfRows(Layer(1000, 16, 256), 1, 2, 12));
        GemmArguments made = Layer(254, 1024, 256) with { BForm = PanelForm.Transposed };
        Assert.Equal(1, Routes.BlocksOfRows(in made, 32, 2, 12));
        made = Layer(256, 1024, 256) with { BForm = PanelForm.Transposed };
        Assert.Equal(2, Routes.BlocksOfRows(in made, 32, 2, 12));
        made = Layer(100, 1024, 256) with { BForm = PanelForm.Transposed };
        Assert.Equal(1, Routes.BlocksOfRows(in made, 32, 2, 12));
        made = Layer(100, 1024, 64) with { BForm = PanelForm.Transposed };
        Assert.Equal(2, Routes.BlocksOfRows(in made, 32, 2, 12));
    }

    [Fact]
    public void AThreadTakesAFewMicrosecondsOfPanels()
    {
        Assert.Equal(1, Routes.PanelsAtATime(Layer(128, 1024, 512), 32, 1, 32));
        Assert.Equal(6, Routes.PanelsAtATime(Layer(32, 1024, 32), 32, 1, 32));
        Assert.Equal(16, Routes.PanelsAtATime(Layer(2, 2048, 512), 64, 1, 32));
        Assert.Equal(8, Routes.PanelsAtATime(Layer(128, 1024, 2048) with { KBlock = 1024 }, 32, 1, 32));
        Assert.Equal(2, Routes.PanelsWorthTakingOver(Layer(128, 1024, 512), 1));
        Assert.Equal(4, Routes.PanelsWorthTakingOver(new GemmArguments { ARowStride = 1, AColumnStride = 784 }, 1));
    }

    [Theory]
    [InlineData(10_000, 240, 2, 240)]
    [InlineData(200, 240, 2, 24)]
    [InlineData(1, 240, 4, 12)]
    public void AThreadTakesWholeTilesOfABatch(int rows, int rowBlock, int threads, int expected) => Assert.Equal(expected, Routes.RowsAtATime(rows, rowBlock, threads));

    [Theory]
    [InlineData(128, 240)]
    [InlineData(1296, 48)]
    [InlineData(100_000, 24)]
    public void RowsOfANetworkStayInCache(int widestPass, int block) => Assert.Equal(block, Routes.NetworkRowBlock(widestPass));

    [Fact]
    public void OneLayerIsOneProduct()
    {
        Assert.True(Routes.IsOneProduct(1, isActivationCheap: true, padsOutputs: false));
        Assert.False(Routes.IsOneProduct(2, isActivationCheap: true, padsOutputs: false));
        Assert.False(Routes.IsOneProduct(1, isActivationCheap: false, padsOutputs: false));
        Assert.False(Routes.IsOneProduct(1, isActivationCheap: true, padsOutputs: true));
        Assert.True(Routes.PadsOutputs(10, 8));
        Assert.False(Routes.PadsOutputs(24, 8));
        Assert.True(Routes.PadsOutputs(40, 16));
        Assert.False(Routes.PadsOutputs(48, 16));
        Assert.False(Routes.PadsOutputs(1, 8));
    }

    [Fact]
    public void LargeBatchesGoInBlocks()
    {
        Assert.Equal(64, Routes.UprightBlockRows(10_000));
        Assert.Equal(256, Routes.UprightBlockRows(1024));
        Assert.Equal(512, Routes.FewestUprightRows(64));
        Assert.Equal(384, Routes.SidewaysBlockRows(10));
        Assert.Equal(288, Routes.SidewaysBlockRows(100));
        Assert.Equal(48, Routes.SidewaysBlockRows(5_000));
    }

    [Theory]
    [InlineData(100, 100_000, 1)]
    [InlineData(1024, 100_000, 2)]
    [InlineData(1_000_000, 100_000, 16)]
    [InlineData(1024, 10, 1)]
    public void SumsAreKeptApartWhereThereIsWork(int rows, int parameters, int sums) => Assert.Equal(sums, Routes.Sums(rows, parameters));

    /// <summary>Narrow networks gain by turning, wide ones and those that fill their vectors do not; scalar code never does.</summary>
    [Theory]
    [InlineData(new[] { 4, 16, 3 }, true, 8, true)]
    [InlineData(new[] { 4, 16, 3 }, true, 16, true)]
    [InlineData(new[] { 4, 16, 3 }, true, 1, false)]
    [InlineData(new[] { 8, 32, 32, 5 }, false, 16, true)]
    [InlineData(new[] { 64, 64 }, false, 8, false)]
    [InlineData(new[] { 64, 64, 64 }, false, 16, false)]
    [InlineData(new[] { 16, 16 }, false, 8, false)]
    public void NarrowNetworksGoOnTheirSide(int[] sizes, bool hasExponentials, int width, bool expected)
    {
        LayerShape[] layers = Shapes(sizes, hasExponentials);
        foreach (bool isTraining in new[] { false, true })
        {
            nint fewest = Routes.FewestSidewaysRows(layers, width, isTraining, endsLinear: false);
            Assert.Equal(expected, fewest < nint.MaxValue);
            Assert.True(fewest > width);
        }
    }

    /// <summary>Each weight costs a training run, so more rows are needed for them; a prediction goes from two vectors of rows on.</summary>
    [Fact]
    public void TrainingNeedsMoreRows()
    {
        LayerShape[] layers = Shapes([20, 20, 20, 3], hasExponentials: false);
        Assert.Equal(9, Routes.FewestSidewaysRows(layers, 8, isTraining: false, endsLinear: false));
        Assert.InRange(Routes.FewestSidewaysRows(layers, 8, isTraining: true, endsLinear: false), 10, 200);

        // A loss that is taken from z has no part of a vector and no activation to pay for.
        LayerShape[] exponentials = Shapes([4, 16, 3], hasExponentials: true);
        Assert.True(Routes.FewestSidewaysRows(exponentials, 8, isTraining: true, endsLinear: true) > Routes.FewestSidewaysRows(exponentials, 8, isTraining: true, endsLinear: false));
    }

    private static LayerShape[] Shapes(int[] sizes, bool hasExponentials) =>
        [.. Enumerable.Range(1, sizes.Length - 1).Select(i => new LayerShape(sizes[i - 1], sizes[i], (sizes[i] + 15) & -16, hasExponentials))];

    private static GemmArguments Layer(int m, int n, int k) => new()
    {
        M = m,
        N = n,
        K = k,
        KBlock = k,
        ARowStride = k,
        AColumnStride = 1,
        BRowStride = 16,
        CPanelStride = 16,
    };
}
