import { createBrowserRouter, Navigate, Outlet, type RouteObject } from "react-router";
import { billingOverview } from "./api/billing";
import { organizationOverview, organizationQrTimeline, statusOverview } from "./api/overview";
import { ErrorPage } from "./app/ErrorPage";
import { PublicLayout } from "./app/PublicLayout";
import { RequireSession } from "./app/RequireSession";
import type { PlatformPageKey } from "./api/platformPages";
import { Root } from "./app/Root";
import { Written } from "./shared/Written";
import { inTime } from "./shared/chunks";
import { begins } from "./shared/wave";

const platformPage = (page: PlatformPageKey) => async () => {
  const { PlatformPage } = await import("./pages/platform/PlatformPage");
  return { element: <PlatformPage key={page} page={page} /> };
};

/** Every address of the web. A page's code is loaded when it is first opened. */
const routes: RouteObject[] = [
  {
    Component: Root,
    // Where the code of a layout itself did not come.
    ErrorBoundary: () => (
      <main className="gutter mx-auto max-w-2xl py-8">
        <ErrorPage />
      </main>
    ),
    HydrateFallback: Written,
    children: [
      {
        Component: PublicLayout,
        children: [
          {
            // A page that breaks leaves the header standing.
            Component: Outlet,
            ErrorBoundary: ErrorPage,
            children: [
              {
                path: "/",
                lazy: async () => ({ Component: (await import("./pages/home/HomePage")).HomePage }),
              },
              {
                path: "/sign-in",
                lazy: async () => ({ Component: (await import("./pages/auth/SignInPage")).SignInPage }),
              },
              {
                path: "/sign-up",
                lazy: async () => ({ Component: (await import("./pages/auth/SignUpPage")).SignUpPage }),
              },
              {
                path: "/forgot-password",
                lazy: async () => ({
                  Component: (await import("./pages/auth/ForgotPasswordPage")).ForgotPasswordPage,
                }),
              },
              {
                path: "/confirm",
                lazy: async () => ({ Component: (await import("./pages/auth/ConfirmPage")).ConfirmPage }),
              },
              {
                path: "/reset-password",
                lazy: async () => ({
                  Component: (await import("./pages/auth/ResetPasswordPage")).ResetPasswordPage,
                }),
              },
              {
                path: "/organizations",
                lazy: async () => ({
                  Component: (await import("./pages/catalogue/CataloguePage")).CataloguePage,
                }),
              },
              {
                path: "/organizations/:slug",
                lazy: async () => ({
                  Component: (await import("./pages/organizations/PublicOrganizationPage"))
                    .PublicOrganizationPage,
                }),
              },
              {
                path: "/q/:code",
                lazy: async () => ({ Component: (await import("./pages/qr/LandingPage")).LandingPage }),
              },
              {
                path: "/support",
                lazy: async () => ({
                  Component: (await import("./pages/support/SupportPage")).SupportPage,
                }),
              },
              {
                path: "/report",
                lazy: async () => ({
                  Component: (await import("./pages/reports/ReportPage")).ReportPage,
                }),
              },
              {
                path: "/reports",
                lazy: async () => ({
                  Component: (await import("./pages/reports/OutcomesPage")).OutcomesPage,
                }),
              },
              {
                path: "/organizations/:slug/stories/:id",
                lazy: async () => ({ Component: (await import("./pages/stories/StoryPage")).StoryPage }),
              },
              {
                path: "/about",
                lazy: platformPage("about"),
              },
              {
                path: "/how-we-verify",
                lazy: platformPage("how_we_verify"),
              },
              {
                path: "/offer",
                lazy: platformPage("offer"),
              },
              {
                path: "/privacy",
                lazy: platformPage("privacy"),
              },
              {
                path: "/contacts",
                lazy: platformPage("contacts"),
              },
              {
                path: "/levels",
                lazy: async () => ({
                  Component: (await import("./pages/levels/LevelsPage")).LevelsPage,
                }),
              },
              {
                path: "/invitations/:token",
                lazy: async () => ({
                  Component: (await import("./pages/invitations/InvitationPage")).InvitationPage,
                }),
              },
              {
                path: "*",
                lazy: async () => ({ Component: (await import("./pages/NotFoundPage")).NotFoundPage }),
              },
            ],
          },
        ],
      },
      {
        path: "/account",
        Component: RequireSession,
        children: [
          {
            lazy: async () => ({ Component: (await import("./app/DashboardLayout")).DashboardFrame }),
            children: [
              {
                Component: Outlet,
                ErrorBoundary: ErrorPage,
                children: [
                  {
                    index: true,
                    lazy: async () => ({
                      Component: (await import("./pages/account/AccountPage")).AccountPage,
                    }),
                  },
                  {
                    path: "notifications",
                    lazy: async () => ({
                      Component: (await import("./pages/notifications/NotificationSettingsPage"))
                        .NotificationSettingsPage,
                    }),
                  },
                ],
              },
            ],
          },
        ],
      },
      {
        path: "/dashboard",
        Component: RequireSession,
        children: [
          {
            lazy: async () => ({ Component: (await import("./app/DashboardLayout")).DashboardFrame }),
            children: [
              {
                Component: Outlet,
                ErrorBoundary: ErrorPage,
                children: [
                  {
                    path: "organizations/new",
                    lazy: async () => ({
                      Component: (await import("./pages/organizations/CreateOrganizationPage"))
                        .CreateOrganizationPage,
                    }),
                  },
                  {
                    path: "organizations/claim",
                    lazy: async () => ({
                      Component: (await import("./pages/organizations/ClaimPage")).ClaimPage,
                    }),
                  },
                  {
                    path: "notifications",
                    lazy: async () => ({
                      Component: (await import("./pages/notifications/NotificationsPage")).NotificationsPage,
                    }),
                  },
                ],
              },
            ],
          },
          {
            lazy: async () => ({ Component: (await import("./app/DashboardLayout")).DashboardLayout }),
            children: [
              {
                Component: Outlet,
                ErrorBoundary: ErrorPage,
                children: [
                  {
                    index: true,
                    loader: begins((id) => [organizationOverview(id), organizationQrTimeline(id, "30d")]),
                    lazy: async () => ({
                      Component: (await import("./pages/dashboard/OverviewPage")).OverviewPage,
                    }),
                  },
                  {
                    path: "organization",
                    lazy: async () => ({
                      Component: (await import("./pages/settings/OrganizationPages")).OrganizationPages,
                    }),
                    children: [
                      {
                        index: true,
                        lazy: async () => ({
                          Component: (await import("./pages/settings/ProfilePage")).ProfilePage,
                        }),
                      },
                      {
                        path: "people",
                        lazy: async () => ({
                          Component: (await import("./pages/settings/PeoplePage")).PeoplePage,
                        }),
                      },
                      {
                        path: "settings",
                        lazy: async () => ({
                          Component: (await import("./pages/settings/SettingsPage")).SettingsPage,
                        }),
                      },
                      {
                        path: "deletion",
                        lazy: async () => ({
                          Component: (await import("./pages/settings/DeletionPage")).DeletionPage,
                        }),
                      },
                    ],
                  },
                  {
                    path: "organization/status",
                    loader: begins((id) => [statusOverview(id)]),
                    lazy: async () => ({
                      Component: (await import("./pages/dashboard/StatusPage")).StatusPage,
                    }),
                  },
                  {
                    path: "producer/stories",
                    lazy: async () => ({
                      Component: (await import("./pages/stories/StoriesPage")).StoriesPage,
                    }),
                  },
                  {
                    path: "producer/stories/new",
                    lazy: async () => ({
                      Component: (await import("./pages/stories/WriteStoryPage")).NewStoryPage,
                    }),
                  },
                  {
                    path: "producer/stories/:id/edit",
                    lazy: async () => ({
                      Component: (await import("./pages/stories/WriteStoryPage")).EditStoryPage,
                    }),
                  },
                  {
                    path: "qr",
                    lazy: async () => ({ Component: (await import("./pages/qr/QrCodesPage")).QrCodesPage }),
                  },
                  {
                    path: "qr/:id",
                    lazy: async () => ({ Component: (await import("./pages/qr/QrCodePage")).QrCodePage }),
                  },
                  {
                    path: "billing",
                    loader: begins((id) => [billingOverview(id)]),
                    lazy: async () => ({
                      Component: (await import("./pages/billing/BillingPage")).BillingPage,
                    }),
                  },
                  {
                    path: "billing/return",
                    lazy: async () => ({
                      Component: (await import("./pages/billing/ReturnPage")).ReturnPage,
                    }),
                  },
                ],
              },
            ],
          },
        ],
      },
      {
        path: "/admin",
        Component: RequireSession,
        children: [
          {
            lazy: async () => ({ Component: (await import("./app/AdminLayout")).AdminLayout }),
            children: [
              {
                Component: Outlet,
                ErrorBoundary: ErrorPage,
                children: [
                  { index: true, element: <Navigate replace to="/admin/status-requests" /> },
                  {
                    path: "status-requests",
                    lazy: async () => ({
                      Component: (await import("./pages/admin/StatusRequestsPage")).StatusRequestsPage,
                    }),
                  },
                  {
                    path: "organizations",
                    lazy: async () => ({
                      Component: (await import("./pages/admin/OrganizationsPage")).OrganizationsPage,
                    }),
                  },
                  {
                    path: "organizations/:id",
                    lazy: async () => ({
                      Component: (await import("./pages/admin/OrganizationPage")).OrganizationPage,
                    }),
                  },
                  {
                    path: "claims",
                    lazy: async () => ({
                      Component: (await import("./pages/admin/ClaimsPage")).ClaimsPage,
                    }),
                  },
                  {
                    path: "name-changes",
                    lazy: async () => ({
                      Component: (await import("./pages/admin/NameChangesPage")).NameChangesPage,
                    }),
                  },
                  {
                    path: "support",
                    lazy: async () => ({
                      Component: (await import("./pages/admin/SupportPage")).SupportPage,
                    }),
                  },
                  {
                    path: "reports",
                    lazy: async () => ({
                      Component: (await import("./pages/admin/ReportsPage")).ReportsPage,
                    }),
                  },
                  {
                    path: "stories/moderation",
                    lazy: async () => ({
                      Component: (await import("./pages/admin/ModerationQueue")).ModerationQueue,
                    }),
                  },
                  {
                    path: "payments",
                    lazy: async () => ({
                      Component: (await import("./pages/admin/PaymentsPage")).PaymentsPage,
                    }),
                  },
                  {
                    path: "jobs",
                    lazy: async () => ({
                      Component: (await import("./pages/admin/JobsPage")).JobsPage,
                    }),
                  },
                  {
                    path: "log",
                    lazy: async () => ({
                      Component: (await import("./pages/admin/LogPage")).LogPage,
                    }),
                  },
                  {
                    path: "payments/:id",
                    lazy: async () => ({
                      Component: (await import("./pages/admin/PaymentPage")).PaymentPage,
                    }),
                  },
                  {
                    path: "*",
                    lazy: async () => ({ Component: (await import("./pages/NotFoundPage")).NotFoundPage }),
                  },
                ],
              },
            ],
          },
        ],
      },
    ],
  },
];

export const router = createBrowserRouter(inTime(routes));
