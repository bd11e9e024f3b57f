using FastMlp.Kernels;
using FastMlp.Simd;
using FastMlp.Tests.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>W to panels and back, and from panels over units to panels over inputs.</summary>
public sealed unsafe class PackingTests
{
    [Fact]
    public void PanelsHoldTheTransposeAndUnpackToTheSameBits() => ForEachShape((n, k, width, _) =>
    {
        float[] weight = Weight(n, k);
        PoisonedBuffer panels = Panels(weight, n, k, width);
        for (int p = 0; p < k; p++)
        {
            for (int j = 0; j < n; j++)
            {
                Assert.Equal(weight[(j * k) + p], panels.Values[(j / width * width * k) + (p * width) + (j % width)]);
            }
        }

        PoisonedBuffer back = new(n * k);
        Packing.Unpack(panels.Pointer, n, k, width, back.Pointer);
        back.Check("Unpack");
        Assert.Equal(weight, back.Values.ToArray());
    });

    [Fact]
    public void TurnedPanelsHoldW() => ForEachShape((n, k, width, otherWidth) =>
    {
        // Panels of W^T over its n units in, panels of W over its k inputs out.
        float[] weight = Weight(n, k);
        PoisonedBuffer panels = Panels(weight, n, k, width);
        int steps = (n + width - 1) / width * width;
        for (int first = 0; first < k; first += otherWidth)
        {
            PoisonedBuffer turned = new(steps * otherWidth);
            turned.Values.Fill(float.NaN);
            Packing.TransposePanel(panels.Pointer, width * k, width, first, k, n, turned.Pointer, otherWidth);
            turned.Check("TransposePanel");
            for (int j = 0; j < n; j++)
            {
                for (int c = 0; c < otherWidth; c++)
                {
                    Assert.Equal(first + c < k ? weight[(j * k) + first + c] : 0, turned.Values[(j * otherWidth) + c]);
                }
            }
        }
    });

    /// <summary>Every step in which a tile is not all 0 is kept, in order, as the source has it; what is left out is all 0.</summary>
    [Fact]
    public void PackedTilesKeepEveryStepThatIsNotAllZero()
    {
        const int K = 23;
        Random random = new(1);
        for (int tallest = 1; tallest <= Routes.MaxTileRows; tallest++)
        {
            for (int rows = 1; rows <= 3 * tallest; rows++)
            {
                foreach (double zeros in (double[])[0, 0.6, 0.95, 1])
                {
                    int stride = rows + 2;
                    PoisonedBuffer source = new(stride * K);
                    for (int i = 0; i < stride * K; i++)
                    {
                        source.Values[i] = random.NextDouble() >= zeros ? random.NextSingle() + 1 : i / stride % 4 == 3 && i % 2 == 0 ? -0f : 0;
                    }

                    CheckPackedTiles(source, stride, rows, new TileHeights(rows, tallest), K);
                }
            }
        }
    }

    private static void CheckPackedTiles(PoisonedBuffer source, int stride, int rows, TileHeights heights, int k)
    {
        int tiles = (int)heights.Count;
        int listStride = k + NonZero.Slack;
        PoisonedBuffer packed = new(rows * k);
        int[] lists = new int[tiles * listStride];
        nint[] lengths = new nint[tiles];
        fixed (int* l = lists)
        fixed (nint* n = lengths)
        {
            Packing.PackNonZeroRows(source.Pointer, stride, in heights, k, packed.Pointer, l, listStride, n);
        }

        packed.Check("PackNonZeroRows");
        int first = 0;
        for (int tile = 0; tile < tiles; tile++)
        {
            int tileHeight = (int)heights.Of(tile);
            ReadOnlySpan<int> list = lists.AsSpan(tile * listStride, (int)lengths[tile]);
            int next = 0;
            for (int p = 0; p < k; p++)
            {
                float[] step = source.Values.Slice((p * stride) + first, tileHeight).ToArray();
                if (next < list.Length && list[next] == p)
                {
                    Same.Bits(step, packed.Values.Slice((first * k) + (next * tileHeight), tileHeight), $"tile {tile} of {tileHeight}, step {p}");
                    next++;
                }
                else
                {
                    Assert.DoesNotContain(step, value => value != 0);
                }
            }

            Assert.Equal(list.Length, next);
            first += tileHeight;
        }
    }

    private static void ForEachShape(Action<int, int, int, int> check)
    {
        foreach (int n in (int[])[1, 3, 8, 16, 17, 40])
        {
            foreach (int k in (int[])[1, 2, 8, 15, 16, 33])
            {
                foreach ((int width, int otherWidth) in (ReadOnlySpan<(int, int)>)[(8, 16), (16, 8), (16, 16), (32, 16), (1, 2), (2, 1)])
                {
                    check(n, k, width, otherWidth);
                }
            }
        }
    }

    private static float[] Weight(int n, int k)
    {
        float[] weight = new float[n * k];
        for (int i = 0; i < weight.Length; i++)
        {
            weight[i] = i + 1;
        }

        return weight;
    }

    private static PoisonedBuffer Panels(float[] weight, int n, int k, int width)
    {
        PoisonedBuffer panels = new((n + width - 1) / width * width * k);
        fixed (float* w = weight)
        {
            Packing.Pack(w, n, k, width, panels.Pointer);
        }

        panels.Check("Pack");
        return panels;
    }
}
