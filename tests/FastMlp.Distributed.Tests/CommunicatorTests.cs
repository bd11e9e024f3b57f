namespace FastMlp.Distributed.Tests;

public class CommunicatorTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Collectives_move_what_they_say(int size) => ThreadRanks.Run(size, Exchange.Check);

    [Fact]
    public void A_rank_that_does_not_come_is_named()
    {
        using ManualResetEventSlim never = new();
        RankFailedException failed = Assert.Throws<RankFailedException>(() => ThreadRanks.Run(3, communicator =>
        {
            if (communicator.Rank == 1)
            {
                never.Wait(TestContext.Current.CancellationToken);
            }

            communicator.Sum(new float[3]);
        }, TimeSpan.FromMilliseconds(300)));
        never.Set();
        Assert.StartsWith("Rank 1 of 3 did not come", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rank_that_fails_ends_the_job_with_its_own_error()
    {
        string? seen = null;
        Assert.Throws<InvalidDataException>(() => ThreadRanks.Run(2, communicator =>
        {
            if (communicator.Rank == 1)
            {
                throw new InvalidDataException("row 7");
            }

            seen = Assert.Throws<RankFailedException>(() => communicator.Sum(new float[3])).Message;
        }));
        Assert.Equal("Rank 1 of 2 failed: row 7", seen);
    }

    [Fact]
    public void Parts_that_do_not_fit_are_refused() => ThreadRanks.Run(1, communicator =>
    {
        Assert.Throws<ArgumentException>(() => communicator.AllGather(new byte[4], [3]));
        Assert.Throws<ArgumentException>(() => communicator.AllToAll(new byte[4], [4], new byte[4], [2, 2]));
    });
}
