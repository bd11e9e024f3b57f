using FastMlp.Memory;

namespace FastMlp.Tests.Memory;

/// <summary>Native blocks: aligned, zeroed, freed; and the pool that lends them.</summary>
public sealed unsafe class MemoryTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public void BlocksAreAlignedAndZero(int length)
    {
        using AlignedBuffer buffer = new(length);
        Assert.Equal(0, (nint)buffer.Pointer % AlignedBuffer.Alignment);
        Assert.Equal(length, buffer.Span.Length);
        Assert.Equal(-1, buffer.Span.IndexOfAnyExcept(0f));
    }

    [Fact]
    public void ANegativeLengthIsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new AlignedBuffer(-1));

    [Fact]
    public void ThePoolLendsABlockToOneCallerAtATime()
    {
        using WorkspacePool pool = new(64);
        AlignedBuffer first = pool.Rent();
        AlignedBuffer second = pool.Rent();
        Assert.NotSame(first, second);
        pool.Return(first);
        pool.Return(second);
        AlignedBuffer again = pool.Rent();
        Assert.True(again == first || again == second);
        pool.Return(again);
    }

    [Fact]
    public void ABlockThatComesBackAfterDisposeIsFreed()
    {
        WorkspacePool pool = new(64);
        AlignedBuffer kept = pool.Rent();
        AlignedBuffer lent = pool.Rent();
        pool.Return(kept);
        pool.Dispose();
        pool.Return(lent);
        Assert.True(kept.IsClosed);
        Assert.True(lent.IsClosed);
    }

    [Fact]
    public void SlicesOfAViewKeepItsStride()
    {
        using AlignedBuffer buffer = new(64);
        MatrixView view = new((nint)buffer.Pointer, 4, 10, 16, IsPadded: true);
        MatrixView slice = view.Slice(2, 2);
        Assert.Equal((nint)(buffer.Pointer + 32), slice.Address);
        Assert.Equal((2, 10, 16, true), ((int)slice.Rows, (int)slice.Columns, (int)slice.Stride, slice.IsPadded));
    }
}
