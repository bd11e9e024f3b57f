using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// Between W [n, k] as people and files have it, and panels as the kernels read it: panel j holds columns
/// j Nr to (j + 1) Nr - 1 of W^T as [k, Nr], padded with zeros.
/// </summary>
internal static unsafe class Packing
{
    /// <summary>panels &lt;- W^T, W [n, k] row-major.</summary>
    public static void Pack(float* weight, nint n, nint k, nint panelWidth, float* panels)
    {
        for (nint j = 0; j < n; j++)
        {
            float* column = panels + (j / panelWidth * panelWidth * k) + (j % panelWidth);
            for (nint p = 0; p < k; p++)
            {
                column[p * panelWidth] = weight[(j * k) + p];
            }
        }
    }

    /// <summary>W &lt;- panels^T.</summary>
    public static void Unpack(float* panels, nint n, nint k, nint panelWidth, float* weight)
    {
        for (nint j = 0; j < n; j++)
        {
            float* column = panels + (j / panelWidth * panelWidth * k) + (j % panelWidth);
            for (nint p = 0; p < k; p++)
            {
                weight[(j * k) + p] = column[p * panelWidth];
            }
        }
    }

    /// <summary>
    /// The rows of a transposed A as its tiles read them: each tile as [k, height]. Row r of A is column r of the source, whose rows are <paramref name="stride"/> apart.
    /// </summary>
    public static void PackRows(float* source, nint stride, in TileHeights tiles, nint k, float* packed)
    {
        // The taller tiles, then the others.
        for (int part = 0; part < 2; part++)
        {
            nint height = part == 0 ? tiles.Least + 1 : tiles.Least;
            nint count = part == 0 ? tiles.Taller : tiles.Count - tiles.Taller;
            switch (height)
            {
                case 6:
                    PackTiles<N6>(source, stride, count, k, packed);
                    break;
                case 5:
                    PackTiles<N5>(source, stride, count, k, packed);
                    break;
                case 12:
                    PackTiles<N12>(source, stride, count, k, packed);
                    break;
                case 11:
                    PackTiles<N11>(source, stride, count, k, packed);
                    break;
                default:
                    PackTiles(source, stride, height, count, k, packed);
                    break;
            }

            source += count * height;
            packed += count * height * k;
        }
    }

    /// <summary>
    /// The same, but of each tile only the steps in which some value is not 0, [steps, height] at the start of its [k, height];
    /// <paramref name="lists"/> and <paramref name="lengths"/> say which.
    /// </summary>
    public static void PackNonZeroRows(
        float* source, nint stride, in TileHeights tiles, nint k, float* packed, int* lists, nint listStride, nint* lengths)
    {
        for (nint tile = 0; tile < tiles.Count; tile++)
        {
            nint height = tiles.Of(tile);
            int* list = lists + (tile * listStride);
            lengths[tile] = height switch
            {
                6 => PackNonZero<N6>(source, stride, k, packed, list),
                12 => PackNonZero<N12>(source, stride, k, packed, list),
                _ => PackNonZero(source, stride, height, k, packed, list),
            };
            source += height;
            packed += height * k;
        }
    }

    /// <summary>
    /// The steps on each tile's list of a row-major A, as [steps, height] at the start of its [k, height]: read once for every panel, a
    /// tile takes half the cache lines so. On 128 MNIST images 784 to 256 went from 325 to 306 us (AVX2, Zen 3).
    /// </summary>
    public static void PackListed(
        float* source, nint stride, in TileHeights tiles, nint k, int* lists, nint listStride, nint* lengths, float* packed)
    {
        for (nint tile = 0; tile < tiles.Count; tile++)
        {
            nint height = tiles.Of(tile);
            int* list = lists + (tile * listStride);
            if (height == 6)
            {
                PackSixListed(source, stride, list, lengths[tile], packed, height);
            }
            else if (height == 12)
            {
                PackSixListed(source, stride, list, lengths[tile], packed, height);
                PackSixListed(source + (6 * stride), stride, list, lengths[tile], packed + 6, height);
            }
            else
            {
                PackListed(source, stride, height, list, lengths[tile], packed);
            }

            source += height * stride;
            packed += height * k;
        }
    }

    /// <summary>
    /// Tiles whose height is known, so that a step of one is a vector move or two. Four tiles side by side, about a cache line and a half:
    /// a line is then read once. 784 x 128 took 24 us tile by tile, 8 % of its dW (AVX2, Zen 3).
    /// </summary>
    [MethodImpl(Compile.Loop)]
    private static void PackTiles<THeight>(float* source, nint stride, nint tiles, nint k, float* packed)
        where THeight : unmanaged, ICount
    {
        const uint bytes = sizeof(float);
        nint tile = sizeof(THeight) * k;
        for (; tiles >= 4; tiles -= 4)
        {
            float* from = source;
            for (nint p = 0; p < k; p++)
            {
                Unsafe.CopyBlockUnaligned(packed, from, (uint)sizeof(THeight) * bytes);
                Unsafe.CopyBlockUnaligned(packed + tile, from + sizeof(THeight), (uint)sizeof(THeight) * bytes);
                Unsafe.CopyBlockUnaligned(packed + (2 * tile), from + (2 * sizeof(THeight)), (uint)sizeof(THeight) * bytes);
                Unsafe.CopyBlockUnaligned(packed + (3 * tile), from + (3 * sizeof(THeight)), (uint)sizeof(THeight) * bytes);
                from += stride;
                packed += sizeof(THeight);
            }

            source += 4 * sizeof(THeight);
            packed += 3 * tile;
        }

        PackTiles(source, stride, sizeof(THeight), tiles, k, packed);
    }

    [MethodImpl(Compile.Loop)]
    private static void PackTiles(float* source, nint stride, nint height, nint tiles, nint k, float* packed)
    {
        for (; tiles > 0; tiles--)
        {
            float* from = source;
            for (nint p = 0; p < k; p++)
            {
                for (nint i = 0; i < height; i++)
                {
                    packed[i] = from[i];
                }

                from += stride;
                packed += height;
            }

            source += height;
        }
    }

    /// <summary>Six rows of a tile, a whole one of AVX2: two addresses and two strides reach them all.</summary>
    [MethodImpl(Compile.Loop)]
    private static void PackSixListed(float* source, nint stride, int* list, nint count, float* packed, nint height)
    {
        float* lower = source + (3 * stride);
        for (nint i = 0; i < count; i++, packed += height)
        {
            nint p = list[i];
            float* a = source + p, b = lower + p;
            packed[0] = a[0];
            packed[1] = a[stride];
            packed[2] = a[2 * stride];
            packed[3] = b[0];
            packed[4] = b[stride];
            packed[5] = b[2 * stride];
        }
    }

    [MethodImpl(Compile.Loop)]
    private static void PackListed(float* source, nint stride, nint height, int* list, nint count, float* packed)
    {
        for (nint i = 0; i < count; i++)
        {
            float* a = source + list[i];
            for (nint row = 0; row < height; row++, a += stride)
            {
                *packed++ = *a;
            }
        }
    }

    /// <summary>A whole tile: its height is known and even, so a step is a few moves of two floats.</summary>
    [MethodImpl(Compile.Loop)]
    private static nint PackNonZero<THeight>(float* source, nint stride, nint k, float* packed, int* list)
        where THeight : unmanaged, ICount
    {
        nint count = 0;
        for (nint p = 0; p < k; p++)
        {
            ulong any = 0;
            for (int i = 0; i < sizeof(THeight); i += 2)
            {
                ulong pair = Unsafe.ReadUnaligned<ulong>(source + i);
                Unsafe.WriteUnaligned(packed + i, pair);
                any |= pair;
            }

            list[count] = (int)p;
            source += stride;
            nint kept = any != 0 ? 1 : 0;
            count += kept;
            packed += kept * sizeof(THeight);
        }

        return count;
    }

    [MethodImpl(Compile.Loop)]
    private static nint PackNonZero(float* source, nint stride, nint height, nint k, float* packed, int* list)
    {
        nint count = 0;
        for (nint p = 0; p < k; p++)
        {
            bool any = false;
            for (nint i = 0; i < height; i++)
            {
                packed[i] = source[i];
                any |= source[i] != 0;
            }

            list[count] = (int)p;
            source += stride;
            nint kept = any ? 1 : 0;
            count += kept;
            packed += kept * height;
        }

        return count;
    }

    /// <summary>Steps that a panel made from a transposed B is written with: up to whole panels of B^T.</summary>
    public static nint MadeSteps(nint kBlock) => (kBlock + Routes.KBlockUnit - 1) / Routes.KBlockUnit * Routes.KBlockUnit;

    /// <summary>
    /// Pieces of B^T, one in each of its panels, that are asked for ahead: the core does not foresee them. Panels of a power of two lie
    /// in few sets of the caches, which eight such pieces fill: 4 ahead gave 87 % of the peak for dX of 128 x 784 x 512, 8 gave 84 (AVX2, Zen 3).
    /// </summary>
    private const int PiecesAhead = 4;

    /// <summary>
    /// One panel of B from panels of B^T (see <see cref="PanelForm.Transposed"/>): columns <paramref name="first"/> to first + width - 1
    /// of B [steps, n], as [steps, width], with zeros past column n. Rows up to whole panels of B^T are written too.
    /// </summary>
    /// <remarks>
    /// Made in front of the tiles that read it, a panel is still in L1 or L2 then. Turned as a whole, W of 784 to 512 (1.6 MB) went
    /// through L3 and back, and dX at 128 rows ran at 66 % of the peak instead of 83 (AVX2, Zen 3).
    /// </remarks>
    [MethodImpl(Compile.Loop)]
    public static void TransposePanel(float* source, nint panelStride, nint sourceWidth, nint first, nint n, nint steps, float* destination, nint width)
    {
        nint columns = Math.Min(width, n - first);
        bool isWhole = columns == width && ((sourceWidth | width) & 7) == 0;
        float* from = source + (first * sourceWidth);
        for (nint p = 0; p < steps; p += sourceWidth)
        {
            if (isWhole)
            {
                for (nint c = 0; c < width; c += 8)
                {
                    for (nint r = 0; r < sourceWidth; r += 8)
                    {
                        Transpose.Block8(from + (c * sourceWidth) + r, sourceWidth, destination + (r * width) + c, width);
                    }
                }
            }
            else
            {
                for (nint r = 0; r < sourceWidth; r++)
                {
                    float* row = destination + (r * width);
                    for (nint c = 0; c < columns; c++)
                    {
                        row[c] = from[(c * sourceWidth) + r];
                    }

                    new Span<float>(row + columns, (int)(width - columns)).Clear();
                }
            }

            for (nint ahead = 0; ahead < width * sourceWidth; ahead += CacheLine.Floats)
            {
                CacheLine.PrefetchSecond(from + (PiecesAhead * panelStride) + ahead);
            }

            from += panelStride;
            destination += sourceWidth * width;
        }
    }
}
