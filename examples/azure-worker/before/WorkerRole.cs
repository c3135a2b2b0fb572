public class WorkerRole : RoleEntryPoint
{
    private readonly ManualResetEvent stopping = new ManualResetEvent(false);
    private readonly ManualResetEvent stopped = new ManualResetEvent(false);
    private DirectoryInfo spool;
    private TimeSpan period;

    public override bool OnStart()
    {
        spool = new DirectoryInfo(RoleEnvironment.GetLocalResource("Spool").RootPath);
        period = TimeSpan.FromSeconds(int.Parse(
            RoleEnvironment.GetConfigurationSettingValue("PollSeconds")));
        RoleEnvironment.StatusCheck += (sender, check) =>
        {
            if (spool.GetFiles("*.invoice").Length > 1000) check.SetBusy();
        };
        return base.OnStart();
    }

    public override void Run()
    {
        do
        {
            foreach (var invoice in spool.GetFiles("*.invoice"))
            {
                if (stopping.WaitOne(0)) break;
                Bill(invoice);
            }
        } while (!stopping.WaitOne(period));
        stopped.Set();
    }

    public override void OnStop()
    {
        stopping.Set();
        stopped.WaitOne();
        base.OnStop();
    }
}
